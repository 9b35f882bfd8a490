#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace factory::test {

/// The PEM files of a certificate that signed itself, and its key (mode 0600).
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// Makes a key on P-256 and a certificate for localhost and 127.0.0.1 in the folder, in place of
/// those of the same name. `serial` tells two of them apart.
CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name,
                                  std::int64_t serial = 1);

}  // namespace factory::test
