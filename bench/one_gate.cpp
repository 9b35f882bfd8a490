#include "bench/one_gate.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace factory::bench {

namespace {

constexpr std::size_t id_length = 41;  // "pipe_" or "gate_" and a UUID

std::string id_behind(std::string_view text, std::string_view marker) {
  const std::size_t at = text.find(marker);
  if (at == std::string_view::npos) throw std::runtime_error("unexpected: " + std::string(text));
  return std::string(text.substr(at + marker.size() - 5, id_length));
}

void check(const HttpReply& reply, int status) {
  if (reply.status != status) {
    throw std::runtime_error(std::to_string(reply.status) + ": " + std::string(reply.body));
  }
}

}  // namespace

void write_one_gate_template(const std::string& data) {
  std::filesystem::create_directories(data + "/templates");
  std::ofstream(data + "/templates/one-gate.json") << R"({
    "name": "one-gate", "version": "1.0.0", "title": "One gate", "description": "For measuring",
    "stages": [
      {"name": "review", "title": "Review",
       "gate": {"type": "code_review", "title": "Review", "opens": "entry", "reject_to": "review",
                "policy": {"rules": [{"count": 1}]}}},
      {"name": "done", "title": "Done"}]})";
}

std::string create_pipeline(HttpConnection& http, const std::string& name) {
  const HttpReply reply = http.post(
      "/v1/pipelines", R"({"platform":"bench","template":"one-gate","name":")" + name + "\"}");
  check(reply, 201);
  return id_behind(reply.body, R"("id":"pipe_)");
}

std::string waiting_approval(HttpConnection& http, const std::string& pipeline) {
  const HttpReply reply = http.get("/v1/pipelines/" + pipeline);
  check(reply, 200);
  return waiting_approval(reply.body);
}

std::string waiting_approval(std::string_view pipeline) {
  return id_behind(pipeline, R"("approval_id":"gate_)");
}

void approve(HttpConnection& http, const std::string& approval) {
  check(http.post("/v1/approvals/" + approval + "/approve", R"({"notes":"LGTM"})"), 200);
}

}  // namespace factory::bench
