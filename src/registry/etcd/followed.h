#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/registry.h>
#include <evmicro/subject.h>

#include "registry/etcd/services.h"
#include "registry/etcd/watch.h"

namespace evmicro::detail {

/// The nodes of one service, decoded from its keys.
struct EtcdNodes {
  using Item = ServiceInfo;
  using Value = std::vector<ServiceInfo>;

  std::string name;
  IgnoredNodes* ignored;

  std::string prefix() const { return etcdPrefix(name); }
  std::optional<Item> read(const EtcdEntry& entry) const {
    return readEtcdValue(entry.value, name, entry.key, ignored);
  }
  Value summary(const std::map<std::string, Item>& items) const { return groupByVersion(items); }
};

/// The names of all services.
struct EtcdNames {
  using Item = std::string;
  using Value = std::vector<std::string>;

  std::string prefix() const { return std::string(kEtcdPrefix); }
  std::optional<Item> read(const EtcdEntry& entry) const { return readEtcdName(entry.value); }
  Value summary(const std::map<std::string, Item>& items) const { return namesOf(items); }
};

/// Data of one Kind in etcd, and its followers.
template <typename Kind>
class EtcdFollowed final : private EtcdWatch::Reader {
 public:
  using Value = typename Kind::Value;

  /// `onUnused` runs when the last follower has unsubscribed; it may destroy this object. `watch`
  /// must outlive it.
  EtcdFollowed(EventLoop& loop, EtcdWatch& watch, Kind kind, std::function<void()> onUnused)
      : kind_(std::move(kind)), watch_(watch), subject_(loop, std::move(onUnused)) {
    watch_.add(*this, kind_.prefix());
  }
  EtcdFollowed(const EtcdFollowed&) = delete;
  EtcdFollowed& operator=(const EtcdFollowed&) = delete;
  ~EtcdFollowed() { watch_.remove(*this); }

  Subscription add(std::function<void(Result<Value>)> changed) {
    return subject_.add(std::move(changed));
  }

 private:
  void onAll(const std::vector<EtcdEntry>& entries) override {
    items_.clear();
    for (const EtcdEntry& entry : entries) put(entry);
    subject_.publish(kind_.summary(items_));
  }
  void onChanges(const std::vector<EtcdChange>& changes) override {
    for (const EtcdChange& change : changes) {
      if (change.what == EtcdChange::What::kDelete) {
        items_.erase(change.entry.key);
      } else {
        put(change.entry);
      }
    }
    subject_.publish(kind_.summary(items_));
  }
  void onFailure(const Status& why) override { subject_.fail(Status(why).withContext("registry")); }

  // A value that cannot be decoded, or belongs to another service, counts as deleted.
  void put(const EtcdEntry& entry) {
    std::optional<typename Kind::Item> item = kind_.read(entry);
    if (item) {
      items_.insert_or_assign(entry.key, std::move(*item));
    } else {
      items_.erase(entry.key);
    }
  }

  const Kind kind_;
  EtcdWatch& watch_;
  std::map<std::string, typename Kind::Item> items_;  // by key
  Subject<Value> subject_;
};

}  // namespace evmicro::detail
