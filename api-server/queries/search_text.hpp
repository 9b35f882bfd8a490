#pragma once

#include <string>
#include <vector>

#include "storage/blobs.hpp"
#include "storage/search_index.hpp"
#include "storage/store.hpp"

namespace factory::queries {

/// How much of a file can be searched.
inline constexpr std::size_t most_text = 32'768;

/// What can be searched beside the words of the views (engine::Enrich): the beginning of an asset's
/// newest version and of a go-live report, where they are text, and the test results of a
/// pipeline's stages as documents of the kind "test_results". Reads blobs: not for the writer's
/// thread.
void add_texts(storage::Blobs& blobs, const storage::ViewRow& row,
               std::vector<storage::SearchDocument>& documents);

/// The text of XML: the values of attributes and what stands between the tags, without the tags.
/// Broken XML gives some text as well.
std::string text_of_xml(std::string_view xml);

}  // namespace factory::queries
