// The one unit that holds Boost.Asio's compiled half.
#include <boost/asio/impl/src.hpp>
