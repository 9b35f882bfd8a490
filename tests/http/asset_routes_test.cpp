// Uploading, downloading and comparing files over real HTTP.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app.hpp"
#include "common/digest.hpp"
#include "common/paths.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Field {
  std::string name;
  std::string value;
  std::string more;  ///< of Content-Disposition and further lines
};

std::string form_of(const std::vector<Field>& fields) {
  std::string form;
  for (const Field& field : fields) {
    form += "--bOuNd\r\nContent-Disposition: form-data; name=\"" + field.name + "\"" + field.more +
            "\r\n\r\n" + field.value + "\r\n";
  }
  return form + "--bOuNd--\r\n";
}

Field file(const std::string& bytes, const std::string& type = "text/plain",
           const std::string& name = "notes.txt") {
  return {"file", bytes, "; filename=\"" + name + "\"\r\nContent-Type: " + type};
}

class Site {
 public:
  explicit Site(asset::Limits limits = {}) : app_(options(folder_.string(), std::move(limits))) {
    const std::string key = read_secret_file(folder_.string() + "/owner.key").value();
    auth_ = "Authorization: Bearer " + key.substr(0, key.find('\n')) + "\r\n";
    pipeline_ = new_pipeline();
  }

  [[nodiscard]] RawClient connect() const { return RawClient(app_.url()); }
  [[nodiscard]] const std::string& auth() const { return auth_; }
  [[nodiscard]] const std::string& pipeline() const { return pipeline_; }
  App& app() { return app_; }

  RawAnswer get(const std::string& path, const std::string& fields = "") {
    return connect().call(request("GET " + path, auth_ + fields));
  }
  json read(const std::string& path) {
    const RawAnswer answer = get(path);
    INFO(answer.body);
    CHECK(answer.status == 200);
    return json::parse(answer.body);
  }
  [[nodiscard]] RawAnswer post(const std::string& form, const std::string& more = "") const {
    return connect().call(upload(form, more));
  }
  [[nodiscard]] std::string upload(const std::string& form, const std::string& more = "") const {
    return request("POST /v1/assets",
                   auth_ + "Content-Type: multipart/form-data; boundary=bOuNd\r\n" + more, form);
  }
  /// Uploads and gives the asset.
  json put(const std::string& path, const std::string& bytes,
           const std::string& type = "text/plain") {
    const RawAnswer answer = post(form_of({{"pipeline_id", pipeline_, ""},
                                           {"type", "code", ""},
                                           {"metadata", json{{"path", path}}.dump(), ""},
                                           file(bytes, type)}));
    INFO(answer.body);
    CHECK(answer.status == 201);
    return json::parse(answer.body);
  }
  std::int64_t last_position() { return app_.core().store().last_position(); }
  /// How many blobs there are, finished or not.
  std::size_t files() {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "blobs")) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

 private:
  static AppOptions options(const std::string& folder, asset::Limits limits) {
    AppOptions made;
    made.core.data = folder;
    made.port = 0;
    made.assets = std::move(limits);
    return made;
  }
  std::string new_pipeline() {
    RawAnswer made = connect().call(request(
        "POST /v1/pipelines", auth_ + "Content-Type: application/json\r\n", R"({"name":"demo"})"));
    INFO(made.body);
    REQUIRE(made.status == 201);
    return json::parse(made.body).at("id");
  }

  TempDir folder_;
  App app_;
  std::string auth_;
  std::string pipeline_;
};

std::string pointer_of(const RawAnswer& answer) {
  return json::parse(answer.body).at("errors").at(0).at("pointer");
}

}  // namespace

TEST_CASE("a file is uploaded, described, listed and downloaded") {
  Site site;
  const std::string bytes = std::string("line\r\n--bOuN\0", 13) + std::string(200'000, 'x');
  const RawAnswer answer =
      site.post(form_of({{"pipeline_id", site.pipeline(), ""},
                         {"type", "docs", ""},
                         file(bytes, "Text/Markdown; charset=utf-8", "C:\\x\\na\xc3\xafve.md"),
                         {"metadata", R"({"generated_by":"writer"})", ""}}));
  INFO(answer.body);
  REQUIRE(answer.status == 201);
  const json made = json::parse(answer.body);
  const std::string path = "/v1/assets/" + made.at("id").get<std::string>();
  CHECK(answer.header("location") == path);
  CHECK(answer.header("etag") == "\"1\"");
  CHECK(made.at("path") == "na\xc3\xafve.md");
  CHECK(made.at("type") == "docs");
  CHECK(made.at("media_type") == "text/markdown");
  CHECK(made.at("size") == bytes.size());
  CHECK(made.at("digest") == to_hex(sha256(bytes)));
  CHECK(made.at("generated_by") == "writer");
  CHECK(made.at("uploaded_by") == "owner");
  CHECK(made.at("latest_version") == 1);
  CHECK(site.read(path) == made);
  const json listed = site.read("/v1/pipelines/" + site.pipeline() + "/assets?type=docs");
  REQUIRE(listed.at("assets").size() == 1);
  CHECK(listed.at("assets")[0].at("id") == made.at("id"));
  CHECK(!listed.at("assets")[0].contains("versions"));
  CHECK(site.read("/v1/assets?type=code").at("assets").empty());
  CHECK(site.read("/v1/assets?stage=" + made.at("stage").get<std::string>()).at("assets").size() ==
        1);

  const RawAnswer got = site.get(path + "/download");
  CHECK(got.status == 200);
  CHECK((got.body == bytes));
  CHECK(got.header("etag") == "\"" + made.at("digest").get<std::string>() + "\"");
  CHECK(got.header("content-type") == "text/markdown");
  CHECK(got.header("x-content-type-options") == "nosniff");
  CHECK(got.header("accept-ranges") == "bytes");
  CHECK(got.header("content-disposition") ==
        "attachment; filename=\"na_ve.md\"; filename*=UTF-8''na%C3%AFve.md");
  CHECK(site.get("/v1/assets/asset_x").status == 404);
  CHECK(site.get("/v1/assets/" + site.pipeline()).status == 404);
  CHECK(site.get("/v1/pipelines/pipe_x/assets").status == 404);
}

TEST_CASE("parts of a file are downloaded, and what a client has is not sent again") {
  Site site;
  const json made = site.put("a.bin", "0123456789", "application/zip");
  const std::string path = "/v1/assets/" + made.at("id").get<std::string>() + "/download";
  const std::string tag = "\"" + made.at("digest").get<std::string>() + "\"";
  const auto part = [&](const std::string& fields) { return site.get(path, fields); };

  const RawAnswer middle = part("Range: bytes=2-4\r\n");
  CHECK(middle.status == 206);
  CHECK(middle.body == "234");
  CHECK(middle.header("content-range") == "bytes 2-4/10");
  CHECK(middle.header("content-length") == "3");
  CHECK(middle.header("etag") == tag);
  CHECK(part("Range: bytes=-3\r\n").body == "789");
  CHECK(part("Range: bytes=8-\r\n").body == "89");
  CHECK(part("Range: bytes=0-1,4-5\r\n").status == 200);
  CHECK(part("Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n").status == 206);
  CHECK(part("Range: bytes=2-4\r\nIf-Range: W/" + tag + "\r\n").status == 200);
  CHECK(part("Range: bytes=2-4\r\nIf-Range: \"other\"\r\n").body == "0123456789");

  const RawAnswer behind = part("Range: bytes=10-\r\n");
  CHECK(behind.status == 416);
  CHECK(behind.header("content-range") == "bytes */10");
  CHECK(behind.header("content-type") == "application/problem+json");
  CHECK(json::parse(behind.body).at("status") == 416);

  RawClient client = site.connect();
  client.send(request("GET " + path, site.auth() + "If-None-Match: " + tag + "\r\n"));
  const RawAnswer known = client.read();
  CHECK(known.status == 304);
  CHECK(known.header("etag") == tag);
  client.send(request("HEAD " + path, site.auth() + "Range: bytes=2-4\r\n"));
  const RawAnswer head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "10");
  CHECK(client.call(request("GET " + path, site.auth())).body == "0123456789");
}

TEST_CASE("the same path again is the next version, and the versions can be compared") {
  Site site;
  const json first = site.put("src/a.txt", "one\ntwo\n");
  const json second = site.put("src/a.txt", "one\n2\n");
  CHECK(second.at("id") == first.at("id"));
  CHECK(second.at("latest_version") == 2);
  CHECK(second.at("versions").size() == 2);
  const std::string path = "/v1/assets/" + first.at("id").get<std::string>();
  CHECK(site.get(path + "/download").body == "one\n2\n");
  CHECK(site.get(path + "/download?version=1").body == "one\ntwo\n");
  CHECK(site.get(path + "/download?version=3").status == 404);
  const json diff = site.read(path + "/diff?from_version=1&to_version=2");
  CHECK(diff.at("diff") == "--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  CHECK(diff.at("added") == 1);
  CHECK(diff.at("removed") == 1);
  CHECK(site.read(path + "/diff") == diff);
  CHECK(site.read(path + "/diff?from_version=2&to_version=2").at("identical") == true);
  site.put("src/a.txt", std::string("\0\1", 2), "application/octet-stream");
  const RawAnswer binary = site.get(path + "/diff");
  CHECK(binary.status == 422);
  CHECK_THAT(binary.body, contains("not text"));
  CHECK(site.get(path + "/diff?from_version=1&to_version=9").status == 404);
}

TEST_CASE("an uploaded file counts for the checks of its stage and is shown with the pipeline") {
  Site site;
  site.put("README.md", "# Demo\n");
  const json shown =
      site.read("/v1/pipelines?details=true&pipeline_id=" + site.pipeline()).at("pipelines").at(0);
  REQUIRE(shown.at("assets").size() == 1);
  CHECK(shown.at("assets")[0].at("path") == "README.md");
  bool evident = false;
  for (const json& stage : shown.at("stages")) {
    if (!stage.contains("evidence")) continue;
    for (const json& asset : stage["evidence"].at("assets")) {
      evident = evident || asset.at("name") == "README.md";
    }
  }
  CHECK(evident);
}

TEST_CASE("a form that is wrong is refused with the field that is, and leaves nothing") {
  Site site;
  const Field pipeline{"pipeline_id", site.pipeline(), ""};
  const Field type{"type", "code", ""};
  const auto metadata = [](const std::string& text) { return Field{"metadata", text, ""}; };
  struct Case {
    std::vector<Field> fields;
    int status;
    std::string pointer;
  };
  const std::vector<Case> cases{
      {{pipeline, type}, 400, "/file"},
      {{type, file("x")}, 400, "/pipeline_id"},
      {{pipeline, file("x")}, 400, "/type"},
      {{pipeline, {"type", "picture", ""}, file("x")}, 400, "/type"},
      {{pipeline, type, file("x"), {"colour", "red", ""}}, 400, "/colour"},
      {{pipeline, pipeline, type, file("x")}, 400, "/pipeline_id"},
      {{pipeline, type, file("x"), file("y")}, 400, "/file"},
      {{pipeline, type, metadata("{"), file("x")}, 400, "/metadata"},
      {{pipeline, type, metadata(R"({"paths":"a"})"), file("x")}, 400, "/metadata/paths"},
      {{pipeline, type, metadata(R"({"path":"../a"})"), file("x")}, 400, "/metadata/path"},
      {{pipeline, type, metadata(R"({"path":"/etc/x"})"), file("x")}, 400, "/metadata/path"},
      {{pipeline, type, metadata(R"({"path":"a\nb"})"), file("x")}, 400, "/metadata/path"},
      {{pipeline, type, {"file", "x", ""}}, 400, "/metadata/path"},
      {{pipeline, {"type", "\xff", ""}, file("x")}, 400, "/type"},
      {{pipeline, type, metadata(std::string(40'000, ' ')), file("x")}, 400, "/metadata"},
      {{pipeline, type, {"stage", "nowhere", ""}, file("x")}, 400, "/stage"},
      {{{"pipeline_id", "pipe_x", ""}, type, file("x")}, 404, ""},
      {{type, file("x"), {"pipeline_id", "pipe_x", ""}}, 404, ""}};
  const auto before = site.last_position();
  for (const Case& each : cases) {
    const RawAnswer answer = site.post(form_of(each.fields));
    INFO(answer.body);
    CHECK(answer.status == each.status);
    if (!each.pointer.empty()) CHECK(pointer_of(answer) == each.pointer);
  }
  CHECK(site.post("no form at all").status == 400);
  CHECK(site.connect()
            .call(request("POST /v1/assets", site.auth() + "Content-Type: application/json\r\n",
                          "{}"))
            .status == 415);
  CHECK(site.last_position() == before);
  CHECK(site.read("/v1/assets").at("assets").empty());
}

TEST_CASE("size and type of files are limited") {
  asset::Limits limits;
  limits.bytes = 1000;
  limits.media_types = {"text/*", "image/png"};
  Site site(std::move(limits));
  site.put("a.txt", std::string(1000, 'x'));
  site.put("a.png", "x", "image/png");
  const std::size_t files = site.files();
  const Field pipeline{"pipeline_id", site.pipeline(), ""};
  const Field type{"type", "code", ""};
  const RawAnswer large = site.post(form_of({pipeline, type, file(std::string(1001, 'x'))}));
  CHECK(large.status == 413);
  CHECK(pointer_of(large) == "/file");
  CHECK(site.post(form_of({pipeline, type, file("x", "image/gif")})).status == 415);
  // What is announced to be far too large is refused before a byte of it is asked for.
  RawClient client = site.connect();
  client.send("POST /v1/assets HTTP/1.1\r\nHost: t\r\n" + site.auth() +
              "Content-Type: multipart/form-data; boundary=b\r\nExpect: 100-continue\r\n"
              "Content-Length: 1000000\r\n\r\n");
  CHECK(client.read().status == 413);
  CHECK(site.files() == files);
}

TEST_CASE("an upload that breaks off leaves nothing behind") {
  Site site;
  const auto before = site.last_position();
  const std::string whole = site.upload(form_of({{"pipeline_id", site.pipeline(), ""},
                                                 {"type", "code", ""},
                                                 file(std::string(500'000, 'x'))}));
  {
    RawClient client = site.connect();
    client.send(whole.substr(0, 300'000));
    client.finish_writing();
    CHECK(client.read().status == 400);  // by now the server has seen the end
  }
  CHECK(site.files() == 0);
  CHECK(site.last_position() == before);
  CHECK(site.connect().call(whole).status == 201);
  CHECK(site.files() == 1);
}

TEST_CASE("an upload with the same Idempotency-Key is carried out once") {
  Site site;
  const std::string key = "Idempotency-Key: upload-1\r\n";
  const auto form = [&](const std::string& bytes, const std::string& type) {
    return form_of({{"pipeline_id", site.pipeline(), ""}, {"type", type, ""}, file(bytes)});
  };
  const RawAnswer first = site.post(form("one", "code"), key);
  REQUIRE(first.status == 201);
  const RawAnswer again = site.post(form("one", "code"), key);
  CHECK(again.status == 201);
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(again.body == first.body);
  CHECK(site.post(form("two", "code"), key).status == 422);
  CHECK(site.post(form("one", "docs"), key).status == 422);
  CHECK(site.read("/v1/assets").at("assets")[0].at("latest_version") == 1);
}

TEST_CASE("a deleted asset leaves the lists, and an upload brings it back") {
  Site site;
  const json made = site.put("a.txt", "one");
  const std::string path = "/v1/assets/" + made.at("id").get<std::string>();
  RawClient client = site.connect();
  CHECK(client.call(request("DELETE " + path, site.auth() + "If-Match: \"7\"\r\n")).status == 412);
  const RawAnswer deleted = client.call(request("DELETE " + path + "?reason=old", site.auth()));
  CHECK(deleted.status == 200);
  CHECK(json::parse(deleted.body).at("status") == "archived");
  CHECK(json::parse(deleted.body).at("archive_reason") == "old");
  CHECK(site.read("/v1/assets").at("assets").empty());
  CHECK(site.read("/v1/assets?status=archived").at("assets").size() == 1);
  CHECK(site.read(path).at("status") == "archived");
  CHECK(site.get(path + "/download").body == "one");
  CHECK(site.put("a.txt", "two").at("latest_version") == 2);
  CHECK(site.read("/v1/assets").at("assets").size() == 1);
}

TEST_CASE("a damaged file is not passed off as a sound one") {
  Site site;
  const json made = site.put("a.txt", "the evidence");
  const std::string digest = made.at("digest");
  const std::string folder = site.app().core().data() + "/blobs/" + digest.substr(0, 2);
  REQUIRE(write_file_private(folder + "/" + digest, "THE evidence").ok());
  const std::string path = "/v1/assets/" + made.at("id").get<std::string>() + "/download";
  CHECK_THROWS(site.get(path));
  fs::remove(folder + "/" + digest);
  CHECK(site.get(path).status == 404);
}

}  // namespace factory::test
