#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "domain/principal.hpp"
#include "storage/store.hpp"

/// How a gate stands with the people that exist now, from its document. Pure.
namespace factory::queries {

/// Puts into a pending gate's document what depends on the directory: `missing` (in words),
/// `eligible` (who could give it now, delegates included, by name), `satisfiable` (whether those
/// suffice), and `current_approvers` as far as they count still. Others stay as they are, with
/// empty `missing` and `eligible`.
void add_standing(nlohmann::json& gate, const Directory& people);

/// Who could decide the gate of this document now and has not, by name; nobody unless it is
/// pending.
std::vector<std::string> able(std::string_view gate, const Directory& people);

/// One sentence on what follows, for a document that add_standing() has been over.
std::string next_step(const nlohmann::json& gate);

/// The same for a gate that was just closed with this status; `pipeline`: the pipeline as it
/// stands now, nullptr if nothing happened to it.
std::string next_step(const std::string& status, const storage::ViewRow* pipeline);

/// The same for a gate of a go-live report.
std::string next_step_of_report(const std::string& status);

}  // namespace factory::queries
