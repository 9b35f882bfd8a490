#include "tests/support/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>
#include <stdexcept>

#include "common/deleter.hpp"

namespace factory::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("a test certificate: ") + what);
}

void extend(X509* certificate, int id, const char* value) {
  const Extension made{X509V3_EXT_conf_nid(nullptr, nullptr, id, value)};
  require(made && X509_add_ext(certificate, made.get(), -1) == 1, value);
}

}  // namespace

CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name,
                                  std::int64_t serial) {
  const Key key{EVP_EC_gen("P-256")};
  const Certificate certificate{X509_new()};
  require(key && certificate, "memory");
  X509* const made = certificate.get();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_NAME* const subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made, subject);
  X509_set_pubkey(made, key.get());
  extend(made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  extend(made, NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(made, key.get(), EVP_sha256()) > 0, "its signature");
  const CertificateFiles files{(folder / (name + ".crt")).string(),
                               (folder / (name + ".key")).string()};
  const Bio to{BIO_new_file(files.certificate.c_str(), "w")};
  require(to && PEM_write_bio_X509(to.get(), made) == 1, "its file");
  const Bio key_to{BIO_new_file(files.key.c_str(), "w")};
  require(key_to && ::chmod(files.key.c_str(), S_IRUSR | S_IWUSR) == 0, "the file of its key");
  require(
      PEM_write_bio_PrivateKey(key_to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
      "its key");
  return files;
}

}  // namespace factory::test
