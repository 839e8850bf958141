// The log of the parts that do not speak through control: to the file, and to clients once there are any.
#pragma once

#include <utility>

#include "app/log_file.hpp"
#include "app/rpc_adapter.hpp"

namespace pim::app {

class SharedLog final : public LogSink {
 public:
  explicit SharedLog(LogFile& file) : file_(file) {}
  /// Before any thread runs.
  void connect(RpcAdapter& clients) { clients_ = &clients; }

  void write(LogRecord record) override {
    file_.write(record);
    if (clients_ != nullptr) clients_->publish_log(std::move(record));
  }

 private:
  LogFile& file_;
  RpcAdapter* clients_ = nullptr;
};

}  // namespace pim::app
