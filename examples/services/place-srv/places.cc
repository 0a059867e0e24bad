#include "places.h"

#include <google/protobuf/util/json_util.h>

namespace place {

std::string toJson(const Place& place) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(place, &json, options).ok()) json = "{}";
  return json;
}

evmicro::Result<Place> fromJson(const std::string& json) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  Place place;
  if (!google::protobuf::util::JsonStringToMessage(json, &place, options).ok()) {
    return evmicro::Status::internal("the store holds a place that is not one");
  }
  return place;
}

}  // namespace place
