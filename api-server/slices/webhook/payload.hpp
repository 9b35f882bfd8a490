#pragma once

#include <string>
#include <vector>

#include "storage/deliveries.hpp"
#include "storage/store.hpp"

/// What is sent of an event. Pure.
namespace factory::webhook {

/// The event as CloudEvents 1.0 in JSON (structured mode): `id` is one for each event of the log,
/// `subject` the entity, `sequence` its version in twenty digits, so that it orders as text, too;
/// `data` holds who did it and the event's public data, without secrets, evidence or long texts.
/// `source` says which house it comes from. The same event gives the same bytes for ever.
storage::Parcel parcel_of(const storage::EventRecord& event, const std::string& source);

/// What POST …/test sends: an event of the type "webhook.ping" that the log does not hold. `id`
/// says which one it is.
storage::Parcel ping(const std::string& webhook, const std::string& id, Time now,
                     const std::string& source);

/// The delivery of a parcel to a webhook. Its id follows from both, so that there are never two.
/// Events of one entity share a lane; a ping waits for nothing.
storage::NewDelivery delivery_of(const std::string& webhook, storage::Parcel parcel);

}  // namespace factory::webhook
