// Headers of other projects that most files use, read once per build instead of once per file. Each
// file still includes what it needs: `./configure --disable-precompiled` builds without this one.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <event2/buffer.h>
#include <event2/event.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
