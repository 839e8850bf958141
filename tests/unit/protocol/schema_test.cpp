// Promises that hold for the contract as a whole, read from the document that it generates.
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "protocol/contract.hpp"
#include "protocol/rpcdoc.hpp"

namespace json = boost::json;

namespace {

/// Every name and every word that a caller can write into a request: methods, parameters, enumerators.
void collect(json::value const& schema, json::object const& schemas, std::set<std::string>& words) {
  auto const* object = schema.if_object();
  if (object == nullptr) return;
  if (auto const* ref = object->if_contains("$ref")) {
    std::string const name(ref->as_string());
    collect(schemas.at(name.substr(name.rfind('/') + 1)), schemas, words);
  }
  if (auto const* values = object->if_contains("enum"))
    for (auto const& value : values->as_array()) words.emplace(value.as_string());
  if (auto const* items = object->if_contains("items")) collect(*items, schemas, words);
  if (auto const* forms = object->if_contains("anyOf"))
    for (auto const& form : forms->as_array()) collect(form, schemas, words);
  if (auto const* properties = object->if_contains("properties"))
    for (auto const& [name, property] : properties->as_object()) {
      words.emplace(name);
      collect(property, schemas, words);
    }
}

std::set<std::string> words_of_requests(json::value const& document) {
  auto const& schemas = document.at("components").at("schemas").as_object();
  std::set<std::string> words;
  for (auto const& method : document.at("methods").as_array()) {
    words.emplace(method.at("name").as_string());
    for (auto const& param : method.at("params").as_array()) {
      words.emplace(param.at("name").as_string());
      collect(param.at("schema"), schemas, words);
    }
  }
  return words;
}

}  // namespace

TEST_CASE("no_method_parameter_or_value_turns_encryption_off") {
  auto const words = words_of_requests(json::parse(pim::protocol::openrpc_document()));
  CHECK(words.contains("route.set_split_default"));  // the collector sees methods,
  CHECK(words.contains("public_key"));               // parameters
  CHECK(words.contains("wifi_direct"));              // and values behind references
  std::set<std::string> const innocent{"route.explain"};
  for (auto const& word : words)
    for (auto const* suspect : {"crypt", "cipher", "plain", "clear", "insecure", "unsafe", "noise", "psk", "aead",
                                "tls", "none", "null", "debug_key", "weak", "verify_off", "skip"})
      CHECK_MESSAGE((innocent.contains(word) || word.find(suspect) == std::string::npos), word);
}

TEST_CASE("no_answer_holds_a_secret") {
  auto const document = json::parse(pim::protocol::openrpc_document());
  for (auto const& [name, schema] : document.at("components").at("schemas").as_object()) {
    auto const* properties = schema.as_object().if_contains("properties");
    if (properties == nullptr) continue;
    for (auto const& [field, property] : properties->as_object())
      for (auto const* suspect : {"secret", "private", "psk", "session_key", "static_key"})
        CHECK_MESSAGE(std::string(field).find(suspect) == std::string::npos, field);
  }
}

TEST_CASE("every_field_method_and_error_is_documented") {
  auto const document = json::parse(pim::protocol::openrpc_document());
  for (auto const& method : document.at("methods").as_array()) {
    CHECK_FALSE(method.at("summary").as_string().empty());
    for (auto const& param : method.at("params").as_array()) CHECK_FALSE(param.at("description").as_string().empty());
  }
  for (auto const& [name, schema] : document.at("components").at("schemas").as_object()) {
    CHECK_FALSE(schema.at("description").as_string().empty());
    auto const* properties = schema.as_object().if_contains("properties");
    if (properties == nullptr) continue;
    for (auto const& [field, property] : properties->as_object())
      CHECK_FALSE(property.at("description").as_string().empty());
  }
}
