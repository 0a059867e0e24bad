#pragma once

#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/// A lock between the processes of this machine, held while this object exists. Others wait for it.
class FileLock {
 public:
  explicit FileLock(const std::string& path) : file_(::open(path.c_str(), O_CREAT | O_RDWR, 0644)) {
    held_ = file_ >= 0 && ::flock(file_, LOCK_EX) == 0;
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (file_ >= 0) ::close(file_);
  }
  bool held() const { return held_; }

 private:
  const int file_;
  bool held_ = false;
};
