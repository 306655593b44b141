// Finds out whether an object that can't be read concerns one table or all. A policy, wrong credentials or a
// missing bucket make every object unreadable; an archived object, a KMS key or an object's ACL only that
// object. The response (403 AccessDenied) may be the same, so another object is read. One thread.
#pragma once
#include <optional>
#include <span>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "source/source.hpp"

namespace peo::loader {

// Whether `error` is the bucket's refusal to return the object that it names.
bool refuses_object(const Error& error);

// Whether another object than `refused` can be read: reads a byte of `known`, then of the first object of
// each table in `others`; if there are none, of objects on a page of the listing. False if there is no other
// object.
bool gives_another(source::Source& source, const ObjectInfo& refused, std::span<const Delivery> others,
                   const std::optional<ObjectInfo>& known);

}  // namespace peo::loader
