#pragma once

namespace factory {

/// Makes a std::unique_ptr of a C library's object: std::unique_ptr<BIO, Deleter<BIO_free>>.
template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace factory
