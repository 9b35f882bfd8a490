#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "http/services.hpp"

namespace factory::queries {

/// One page of documents.
struct Listed {
  std::vector<nlohmann::json> docs;
  std::string next_cursor;  ///< empty: the end
};

/// The page of `query` that the request's `limit`, `cursor` and `page` ask for, of those documents
/// that `keep` (if any) wants. Where `keep` wants few, the page may be short and have a cursor:
/// no request looks at more than 1,000 documents beyond those that it shows or skips.
/// `invalid_request` for a cursor that is damaged or of another query, or one beside a page.
Result<Listed> list(const Services& services, const http::Request& request,
                    storage::ViewQuery query,
                    const std::function<bool(const nlohmann::json&)>& keep = {});

/// {"<name>": […], "next_cursor": … or null, "summary": …} as an answer.
http::Answer list_answer(Listed listed, const std::string& name, std::string summary);

}  // namespace factory::queries
