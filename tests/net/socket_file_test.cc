#include "net/socket_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/raw_peer.h"
#include "net/descriptor.h"
#include "net/listen_address.h"
#include "net/socket_address.h"
#include "support/temporary_folder.h"

namespace evmicro {

using namespace detail;
namespace fs = std::filesystem;

class SocketFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SocketFileTest);
  CPPUNIT_TEST(listensAndRemovesItsFile);
  CPPUNIT_TEST(aFileOnWhichNobodyListensIsReplaced);
  CPPUNIT_TEST(aSocketOnWhichSomebodyListensIsInUse);
  CPPUNIT_TEST(whatIsNotASocketStays);
  CPPUNIT_TEST(aFileThatHasTakenItsPlaceStays);
  CPPUNIT_TEST(aFileThatIsGivenUpForAnotherIsRemoved);
  CPPUNIT_TEST(theModeIsThatOfTheUmaskOrOfTheAddress);
  CPPUNIT_TEST(theLongestPathListens);
  CPPUNIT_TEST(aFolderThatIsMissingIsAnError);
  CPPUNIT_TEST(aLockThatIsHeldForeverIsNotWaitedForForever);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = test::openDescriptors();
    folder_.emplace();
    path_ = folder_->file("x");
    address_ = folder_->socket("x");
  }
  void tearDown() override {
    folder_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void listensAndRemovesItsFile() {
    {
      const Listening socket = listen();
      CPPUNIT_ASSERT_EQUAL(address_, socket.address);
      CPPUNIT_ASSERT_EQUAL(0, connectError(path_));
      CPPUNIT_ASSERT(::fcntl(socket.fd.get(), F_GETFD) & FD_CLOEXEC);
      CPPUNIT_ASSERT(::fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK);
      CPPUNIT_ASSERT_EQUAL(address_, localSocketAddress(socket.fd.get())->text());
    }
    CPPUNIT_ASSERT(fs::is_empty(folder_->path()));
  }

  void aFileOnWhichNobodyListensIsReplaced() {
    makeStale();
    CPPUNIT_ASSERT_EQUAL(ECONNREFUSED, connectError(path_));
    const Listening socket = listen();
    CPPUNIT_ASSERT_EQUAL(0, connectError(path_));
  }

  void aFileThatIsGivenUpForAnotherIsRemoved() {
    makeStale();
    SocketFile file(path_);
    file = SocketFile();
    CPPUNIT_ASSERT(fs::is_empty(folder_->path()));
  }

  void aSocketOnWhichSomebodyListensIsInUse() {
    const Listening first = listen();
    CPPUNIT_ASSERT_EQUAL("listen on " + address_ + ": Address already in use", whyNot());
    CPPUNIT_ASSERT_EQUAL(0, connectError(path_));
  }

  void whatIsNotASocketStays() {
    std::ofstream(path_) << "kept";
    const std::string why = "listen on " + address_ + ": the file that is there is not a socket";
    CPPUNIT_ASSERT_EQUAL(why, whyNot());
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t(4), fs::file_size(path_));
    fs::remove(path_);
    fs::create_directory(path_);
    CPPUNIT_ASSERT_EQUAL(why, whyNot());
    fs::remove(path_);
    makeStale();
    fs::rename(path_, folder_->file("stale"));
    fs::create_symlink("stale", path_);
    CPPUNIT_ASSERT_EQUAL(why, whyNot());
    CPPUNIT_ASSERT(fs::is_socket(folder_->file("stale")));
  }

  void aFileThatHasTakenItsPlaceStays() {
    {
      const Listening socket = listen();
      fs::rename(path_, folder_->file("moved"));
      std::ofstream(path_) << "another's";
    }
    CPPUNIT_ASSERT(fs::is_regular_file(path_));
    CPPUNIT_ASSERT(fs::is_socket(folder_->file("moved")));
  }

  void theModeIsThatOfTheUmaskOrOfTheAddress() {
    const mode_t before = ::umask(027);
    const unsigned byUmask = modeOf(address_);
    const unsigned byAddress = modeOf(address_ + "?mode=666");
    ::umask(before);
    CPPUNIT_ASSERT_EQUAL(0750U, byUmask);
    CPPUNIT_ASSERT_EQUAL(0666U, byAddress);
  }

  void theLongestPathListens() {
    const std::size_t room = kLongestSocketPath - folder_->path().size() - 1;
    const std::string name(room, 'x');
    const Listening socket(openListeningSocket(folder_->socket(name)));
    CPPUNIT_ASSERT_EQUAL(0, connectError(folder_->file(name)));
    CPPUNIT_ASSERT_EQUAL(folder_->socket(name), localSocketAddress(socket.fd.get())->text());
    CPPUNIT_ASSERT(!openListeningSocket(folder_->socket(name + "x")).ok());
  }

  void aFolderThatIsMissingIsAnError() {
    address_ = folder_->socket("missing/x");
    CPPUNIT_ASSERT_EQUAL("listen on " + address_ + ": No such file or directory", whyNot());
  }

  void aLockThatIsHeldForeverIsNotWaitedForForever() {
    const Descriptor other(::open(folder_->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(0, ::flock(other.get(), LOCK_EX));
    const Listening socket = listen();
    CPPUNIT_ASSERT_EQUAL(0, connectError(path_));
  }

 private:
  struct Listening {
    explicit Listening(Result<ListeningSocket> opened) : fd(opened.ok() ? opened->fd : -1) {
      CPPUNIT_ASSERT_MESSAGE(opened.status().toString(), opened.ok());
      address = opened->address;
      file = std::move(opened->file);
    }
    Descriptor fd;
    std::string address;
    SocketFile file;  // goes first
  };

  Listening listen() const { return Listening(openListeningSocket(address_)); }

  std::string whyNot() const {
    const auto opened = openListeningSocket(address_);
    CPPUNIT_ASSERT(!opened.ok());
    CPPUNIT_ASSERT(opened.status().kind() == ErrorKind::kUnavailable);
    return opened.status().detail();
  }

  // As a process leaves it that is killed.
  void makeStale() const {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress where = SocketAddress::ofUnixPath(path_);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(socket.get(), where.get(), where.size()));
    CPPUNIT_ASSERT_EQUAL(0, ::listen(socket.get(), 1));
  }

  static int connectError(const std::string& path) {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress where = SocketAddress::ofUnixPath(path);
    return ::connect(socket.get(), where.get(), where.size()) == 0 ? 0 : errno;
  }

  unsigned modeOf(const std::string& address) const {
    const Listening socket(openListeningSocket(address));
    struct stat found {};
    ::lstat(path_.c_str(), &found);
    return found.st_mode & 0777;
  }

  std::size_t descriptors_ = 0;
  std::optional<test::TemporaryFolder> folder_;
  std::string path_;
  std::string address_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SocketFileTest);

}  // namespace evmicro
