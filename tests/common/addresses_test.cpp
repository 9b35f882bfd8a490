#include "common/addresses.hpp"

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

bool is_public(const char* address) { return is_public_address(address_bytes(address)); }

}  // namespace

TEST_CASE("addresses are read in every form, mapped ones as IPv4") {
  CHECK(address_bytes("1.2.3.4") == std::string("\x01\x02\x03\x04"));
  CHECK(address_bytes("[2001:db8::1]").size() == 16);
  CHECK(address_bytes("::ffff:1.2.3.4") == address_bytes("1.2.3.4"));
  for (const char* bad : {"", "[]", "1.2.3", "1.2.3.4.5", "example.com", "::g", "1.2.3.4/8"}) {
    CAPTURE(bad);
    CHECK(address_bytes(bad).empty());
  }
}

TEST_CASE("public is what a host in the open internet may have") {
  for (const char* open : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "100.63.255.255",
                           "100.128.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1"}) {
    CAPTURE(open);
    CHECK(is_public(open));
  }
  for (const char* closed :
       {"0.1.2.3",        "10.0.0.1",         "100.64.0.0",   "100.127.255.255",
        "127.0.0.1",      "169.254.169.254",  "172.16.0.1",   "172.31.255.255",
        "192.0.0.8",      "192.0.2.1",        "192.168.0.1",  "198.18.0.1",
        "198.19.255.255", "198.51.100.1",     "203.0.113.1",  "224.0.0.1",
        "240.0.0.1",      "255.255.255.255",  "::",           "::1",
        "fe80::1",        "fec0::1",          "fc00::1",      "fd12::1",
        "ff02::1",        "64:ff9b::808:808", "64:ff9b:1::1", "2001::1",
        "2001:db8::1",    "2002:808:808::1",  "3fff::1",      "100::1"}) {
    CAPTURE(closed);
    CHECK_FALSE(is_public(closed));
  }
  // As a socket has it, with IPv4 inside.
  CHECK_FALSE(is_public_address(std::string(10, '\0') + "\xff\xff\x08\x08\x08\x08"));
  CHECK_FALSE(is_public_address(""));
  CHECK_FALSE(is_public_address("abc"));
}

TEST_CASE("ranges hold what their bits say") {
  const auto ranges =
      AddressRanges::read({"10.0.0.0/8", "192.168.1.7", "fd00::/9", "172.16.0.0/12"});
  REQUIRE(ranges);
  for (const char* in : {"10.255.0.1", "192.168.1.7", "fd7f::1", "172.31.1.1", "::ffff:10.0.0.1"}) {
    CAPTURE(in);
    CHECK(ranges->contain(address_bytes(in)));
  }
  for (const char* out : {"11.0.0.1", "192.168.1.8", "fd80::1", "172.32.0.0", "::1"}) {
    CAPTURE(out);
    CHECK_FALSE(ranges->contain(address_bytes(out)));
  }
  CHECK(ranges->contain(std::string(10, '\0') + "\xff\xff\x0a\x01\x01\x01"));
  CHECK(AddressRanges::read({"all"})->contain(address_bytes("::1")));
  CHECK_FALSE(AddressRanges().contain(address_bytes("127.0.0.1")));
  for (const char* bad : {"", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "host", "ALL"}) {
    CAPTURE(bad);
    CHECK_FALSE(AddressRanges::read({bad}));
  }
}

}  // namespace factory::test
