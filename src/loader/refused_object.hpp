// Whom it concerns that the bucket refuses to give an object. A policy, a login or a bucket that is gone
// refuses every object; an archived object, a key of KMS or an object's ACL refuses that object alone. The
// answer (403 AccessDenied) may be the same, so another object is read. One thread.
#pragma once
#include <optional>
#include <span>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "source/source.hpp"

namespace peo::loader {

// Whether `error` is the bucket's refusal to give the object that it names.
bool refuses_object(const Error& error);

// Whether the bucket gives another object than `refused`: reads a byte of `known`, then of the first of each
// table in `others`; where there are none, of objects on a page of the listing. False if none can be tried.
bool gives_another(source::Source& source, const ObjectInfo& refused, std::span<const Delivery> others,
                   const std::optional<ObjectInfo>& known);

}  // namespace peo::loader
