// What allow_lan opens beside the prefixes of the local network: the groups by which its services are found, and the
// broadcast. One table for the rules, the routes and whoever tells of them.
#pragma once

#include <array>
#include <string_view>

namespace pim::plan {

struct LocalGroup {
  std::string_view v4, v6;
  std::string_view ports;      ///< UDP
  std::string_view protocols;  ///< for people
};

/// RFC 6762; SSDP of UPnP and WS-Discovery, which share their groups.
inline constexpr std::array local_groups = {
    LocalGroup{"224.0.0.251", "ff02::fb", "5353", "mDNS"},
    LocalGroup{"239.255.255.250", "ff02::c", "1900, 3702", "SSDP, WS-Discovery"},
};

/// RFC 919. Only where a device has a private IPv4 prefix, and over that device.
inline constexpr std::string_view limited_broadcast = "255.255.255.255";

}  // namespace pim::plan
