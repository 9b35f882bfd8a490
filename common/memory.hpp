#pragma once

#include <string>

namespace factory {

/// Empties a text and frees its memory, which assigning an empty one keeps in libstdc++.
inline void free_memory(std::string& text) { std::string().swap(text); }

}  // namespace factory
