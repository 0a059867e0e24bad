// Runs protoc with the built plugin and looks at what comes out.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/process.h"

namespace evmicro {

namespace {

namespace fs = std::filesystem;

// Absolute: it is started in other folders, too.
std::string plugin() { return fs::absolute(TEST_BUILD_DIR "/protoc-gen-evmicro").string(); }

std::string contentOf(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no file " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

class GeneratorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GeneratorTest);
  CPPUNIT_TEST(writesTheExpectedCode);
  CPPUNIT_TEST(writesBothFilesWithoutAService);
  CPPUNIT_TEST(includesWithTheFolderOfTheProto);
  CPPUNIT_TEST(writesManyFilesInOneRun);
  CPPUNIT_TEST(packagesBecomeNamespaces);
  CPPUNIT_TEST(commentsAreCarriedOver);
  CPPUNIT_TEST(commentsCannotSwallowCode);
  CPPUNIT_TEST(compilersDoNotWarnOfComments);
  CPPUNIT_TEST(marksWhatMayBeRepeated);
  CPPUNIT_TEST(marksWhatIsDeprecated);
  CPPUNIT_TEST(writesHttpRules);
  CPPUNIT_TEST(acceptsProto3OptionalAndProto2);
  CPPUNIT_TEST(refusesParameters);
  CPPUNIT_TEST(namesThatAreTakenGetAnUnderscore);
  CPPUNIT_TEST(namesOfNestedMessagesAreTaken);
  CPPUNIT_TEST(methodsNamedAsMacrosGetAnUnderscore);
  CPPUNIT_TEST(methodsNamedAsOtherMacrosAreErrorsThatSayIt);
  CPPUNIT_TEST(servicesOfTwoFilesHaveHandlersOfTheirOwn);
  CPPUNIT_TEST(refusesServicesWithHandlersOfOneName);
  CPPUNIT_TEST(packagesMayBeCalledStd);
  CPPUNIT_TEST(refusesTheLibrarysOwnPackage);
  CPPUNIT_TEST(refusesMethodsThatBecomeOne);
  CPPUNIT_TEST(refusesLiteMessages);
  CPPUNIT_TEST(aMethodMayBeCalledToken);
  CPPUNIT_TEST(errorsOfTheProtoAreReported);
  CPPUNIT_TEST(tellsWhatItIs);
  CPPUNIT_TEST(refusesArgumentsAndGarbage);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    std::string pattern = (fs::temp_directory_path() / "evmicro-protoc-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    folder_ = pattern;
  }
  void tearDown() override { fs::remove_all(folder_); }

  void writesTheExpectedCode() {
    const fs::path golden = fs::path(TEST_SOURCE_DIR) / "protoc" / "golden";
    for (const std::string name : {"greeter", "streams"}) {
      write(name + ".proto", contentOf(golden / (name + ".proto")));
      generate({name + ".proto"});
      CPPUNIT_ASSERT_EQUAL(contentOf(golden / (name + ".evmicro.h.txt")), header(name));
      CPPUNIT_ASSERT_EQUAL(contentOf(golden / (name + ".evmicro.cc.txt")), source(name));
    }
  }

  void writesBothFilesWithoutAService() {
    write("types.proto", "syntax = \"proto3\"; message Q {}");
    generate({"types.proto"});
    CPPUNIT_ASSERT(header("types").find("#include \"types.pb.h\"\n") != std::string::npos);
    CPPUNIT_ASSERT(header("types").find("class") == std::string::npos);
    CPPUNIT_ASSERT(source("types").find("#include \"types.evmicro.h\"\n") != std::string::npos);
  }

  void includesWithTheFolderOfTheProto() {
    write("deep/er/greeter.proto", service("rpc Hello(Q) returns (Q);"));
    generate({"deep/er/greeter.proto"});
    CPPUNIT_ASSERT(contains(header("deep/er/greeter"), "#include \"deep/er/greeter.pb.h\"\n"));
    CPPUNIT_ASSERT(contains(source("deep/er/greeter"), "#include \"deep/er/greeter.evmicro.h\"\n"));
  }

  void writesManyFilesInOneRun() {
    write("a.proto", "syntax = \"proto3\"; package a; message Q {} service S {}");
    write("b.proto", "syntax = \"proto3\"; package b; message Q {} service S {}");
    generate({"a.proto", "b.proto"});
    CPPUNIT_ASSERT(contains(header("a"), "namespace a {"));
    CPPUNIT_ASSERT(contains(header("b"), "namespace b {"));
  }

  void packagesBecomeNamespaces() {
    write("x.proto",
          "syntax = \"proto3\"; package one.class.three; message Q {}"
          "service S { rpc M(Q) returns (Q); }");
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "\nnamespace one::class_::three {\n"));
    CPPUNIT_ASSERT(contains(source("x"), "\n}  // namespace one::class_::three\n"));
    // The client knows that the package is not part of the name on the wire.
    CPPUNIT_ASSERT(contains(source("x"), "\"one.class.three.S.M\""));
  }

  void commentsAreCarriedOver() {
    write("x.proto",
          "syntax = \"proto3\";\nmessage Q {}\n\n// Not attached to anything.\n\n"
          "/* Greets people,\n *   and their pets.\n *\n * At any time. */\n"
          "service S {\n"
          "  // Says hello.\n"
          "  rpc Hello(Q) returns (Q);\n"
          "  rpc Bye(Q) returns (Q);  // Says good-bye.\n"
          "}\n");
    generate({"x.proto"});
    const std::string text = header("x");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(text,
                                               "/// Greets people,\n"
                                               "///   and their pets.\n"
                                               "///\n"
                                               "/// At any time.\n"
                                               "///\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(text, "  /// Says hello.\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(text, "  /// Says good-bye.\n"));
    CPPUNIT_ASSERT(!contains(text, "Not attached"));
  }

  // A `\` at the end of a comment in the .proto made a comment of the line of code after it.
  void commentsCannotSwallowCode() {
    write("x.proto",
          "syntax = \"proto3\"; message Q {}\n"
          "service S {\n"
          "  // C:\\folder\\ \t\n"
          "  rpc A(Q) returns (Q);\n"
          "  /* one\rtwo\fthree */\n"
          "  rpc B(Q) returns (Q);\n"
          "}\n");
    generate({"x.proto"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(header("x"), "/// C:\\folder&#92;\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(header("x"), "/// one two three\n"));
  }

  // Symptom: -Wtrigraphs, -Wbidi-chars.
  void compilersDoNotWarnOfComments() {
    write("x.proto",
          "syntax = \"proto3\"; message Q {}\n"
          "service S {\n"
          "  // what?\?/\n"
          "  rpc A(Q) returns (Q);\n"
          "  // a\u202ab\u202ec\u2066d\u2069e \u05d0\n"
          "  rpc B(Q) returns (Q);\n"
          "}\n");
    generate({"x.proto"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(header("x"), "/// what?&#63;/\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count(header("x"), "/// abcde \u05d0\n"));
  }

  void marksWhatMayBeRepeated() {
    const auto rpc = [](const std::string& name, const std::string& level) {
      return "rpc " + name + "(Q) returns (Q) { option idempotency_level = " + level + "; }";
    };
    write("x.proto",
          service("rpc A(Q) returns (Q);" + rpc("B", "IDEMPOTENT") + rpc("C", "NO_SIDE_EFFECTS")));
    generate({"x.proto"});
    const std::string text = source("x");
    const std::string mark = "options.idempotent = ::evmicro::CallOptions::Idempotent::kYes;";
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, count(text, mark));  // three forms each
    CPPUNIT_ASSERT(text.find(mark) > text.find("SClient::B("));
  }

  void marksWhatIsDeprecated() {
    write("x.proto", service("rpc A(Q) returns (Q) { option deprecated = true; }"
                             "rpc B(Q) returns (Q);"));
    generate({"x.proto"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, count(header("x"), "[[deprecated]]"));
  }

  void writesHttpRules() {
    write("google/api/annotations.proto",
          "syntax = \"proto3\"; package google.api;\n"
          "import \"google/protobuf/descriptor.proto\";\n"
          "message CustomHttpPattern { string kind = 1; string path = 2; }\n"
          "message HttpRule {\n"
          "  string selector = 1;\n"
          "  oneof pattern { string get = 2; string put = 3; string post = 4; string delete = 5;\n"
          "    string patch = 6; CustomHttpPattern custom = 8; }\n"
          "  string body = 7; string response_body = 12;\n"
          "  repeated HttpRule additional_bindings = 11;\n"
          "}\n"
          "extend google.protobuf.MethodOptions { HttpRule http = 72295728; }\n");
    write("x.proto",
          "syntax = \"proto3\"; import \"google/api/annotations.proto\"; message Q {}\n"
          "service S {\n"
          "  rpc A(Q) returns (Q) { option (google.api.http) = { get: \"/v1/{name}\" }; }\n"
          "  rpc B(Q) returns (Q) { option (google.api.http) = {\n"
          "    post: \"/v1/\\\"b\\\"\" body: \"*\"\n"
          "    additional_bindings { custom { kind: \"HEAD\" path: \"/b\" } } }; }\n"
          "  rpc C(Q) returns (stream Q) { option (google.api.http) = { delete: \"/c\" }; }\n"
          "  rpc D(Q) returns (Q);\n"
          "  rpc E(Q) returns (Q) { option (google.api.http) = {\n"
          "    get: \"/e\" response_body: \"items\"\n"
          "    additional_bindings { put: \"/e\" body: \"in\" response_body: \"out\" } }; }\n"
          "}\n");
    generate({"x.proto"});
    const std::string text = source("x");
    CPPUNIT_ASSERT(contains(text, "\"GET /e - items; PUT /e in out\""));
    CPPUNIT_ASSERT_MESSAGE(
        text, contains(text, "::evmicro::HandleOptions{{{\"http\", \"GET /v1/{name}\"}}});"));
    CPPUNIT_ASSERT(contains(text, R"("POST /v1/\"b\" *; HEAD /b")"));
    CPPUNIT_ASSERT(contains(text, "\"DELETE /c\""));
    // Of the handlers that answer at once, and those that answer later.
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, count(text, "HandleOptions"));
  }

  void acceptsProto3OptionalAndProto2() {
    write("three.proto",
          "syntax = \"proto3\"; message Q { optional int32 x = 1; }"
          "service S { rpc M(Q) returns (Q); }");
    write("two.proto",
          "syntax = \"proto2\"; message P { required int32 x = 1; }"
          "service T { rpc M(P) returns (P); }");
    generate({"three.proto", "two.proto"});
    CPPUNIT_ASSERT(contains(header("three"), "class SHandler"));
    CPPUNIT_ASSERT(contains(header("two"), "class THandler"));
  }

  void refusesParameters() {
    write("x.proto", service(""));
    const test::Finished result = protoc({"--evmicro_opt=paths=here", "x.proto"});
    CPPUNIT_ASSERT_EQUAL(1, result.code);
    CPPUNIT_ASSERT_MESSAGE(result.err, contains(result.err, "unknown parameter \"paths=here\""));
    nothingIsWritten();
  }

  void namesThatAreTakenGetAnUnderscore() {
    write("x.proto", "syntax = \"proto3\"; service Foo {} service FooAsync {}");
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "class FooAsyncHandler {"));
    CPPUNIT_ASSERT(contains(header("x"), "class FooAsyncHandler_ {"));
    write(
        "y.proto",
        "syntax = \"proto3\"; package p; enum E { registerFooHandler = 0; } message FooClient_ {}");
    write("x.proto",
          "syntax = \"proto3\"; package p; import \"y.proto\"; message FooClient { E e = 1; } "
          "service Foo {}");
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "class FooClient__ final {"));
    CPPUNIT_ASSERT(contains(header("x"), "void registerFooHandler_("));
    CPPUNIT_ASSERT(contains(header("x"), "class FooHandler {"));
  }

  // Symptom: "redefinition of class", because C++ has a.b.Foo.Client as a::b::Foo_Client.
  void namesOfNestedMessagesAreTaken() {
    write("y.proto", "syntax = \"proto3\"; package p; message Foo { enum Handler { A = 0; } }");
    write("x.proto",
          "syntax = \"proto3\"; package p; import public \"y.proto\"; "
          "message Bar { message Foo { message Client {} } } service Foo_ {} service Bar_Foo_ {}");
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "class Foo_Handler_ {"));
    CPPUNIT_ASSERT(contains(header("x"), "class Foo_Client final {"));
    CPPUNIT_ASSERT(contains(header("x"), "class Bar_Foo_Handler {"));
    CPPUNIT_ASSERT(contains(header("x"), "class Bar_Foo_Client_ final {"));
    write("y.proto", "syntax = \"proto3\"; package q; message Foo { enum Handler { A = 0; } }");
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "class Foo_Handler {"));
  }

  // Symptom: these did not compile.
  void methodsNamedAsMacrosGetAnUnderscore() {
    for (const char* name : {"major", "minor", "EOF", "NULL", "errno", "assert", "offsetof"}) {
      write("x.proto", service("rpc " + std::string(name) + "(Q) returns (Q);"));
      generate({"x.proto"});
      CPPUNIT_ASSERT_MESSAGE(name, contains(header("x"), " " + std::string(name) + "_("));
      CPPUNIT_ASSERT_MESSAGE(name, contains(source("x"), "\"S." + std::string(name) + "\""));
    }
  }

  // Symptom: "expected unqualified-id before numeric constant".
  void methodsNamedAsOtherMacrosAreErrorsThatSayIt() {
    const auto guarded = [this](const std::string& name) {
      write("x.proto", service("rpc " + name + "(Q) returns (Q);"));
      generate({"x.proto"});
      return contains(header("x"),
                      "\n#ifdef " + name + "\n#error \"rpc S." + name +
                          ": there is a macro of this name: rename the rpc, or #undef the macro\"\n"
                          "#endif\n");
    };
    for (const char* name : {"DEBUG", "INT8_MAX", "X", "timeradd", "isOpen"}) {
      CPPUNIT_ASSERT_MESSAGE(name, guarded(name));
    }
    for (const char* name : {"Hello", "GetURL", "SYs"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !guarded(name));
      CPPUNIT_ASSERT_MESSAGE(name, !contains(header("x"), "#ifdef"));
    }
  }

  // Symptom: "redefinition of class FooAsyncHandler", or two classes of that name in one program.
  void servicesOfTwoFilesHaveHandlersOfTheirOwn() {
    const std::string package = "syntax = \"proto3\"; package p;";
    write("foo.proto", package + "service Foo {}");
    write("async.proto", package + "import public \"foo.proto\"; service FooAsync {}");
    generate({"foo.proto", "async.proto"});
    CPPUNIT_ASSERT(contains(header("foo"), "class FooAsyncHandler {"));
    CPPUNIT_ASSERT(contains(header("async"), "class FooAsyncHandler_ {"));
    write("foo.proto", package + "import public \"middle.proto\"; service Foo {}");
    write("middle.proto", package + "import public \"async.proto\";");
    write("async.proto", package + "service FooAsync {}");
    generate({"foo.proto", "async.proto"});
    CPPUNIT_ASSERT(contains(header("foo"), "class FooAsyncHandler_ {"));
    CPPUNIT_ASSERT(contains(header("async"), "class FooAsyncHandler {"));
  }

  void refusesServicesWithHandlersOfOneName() {
    const std::string package = "syntax = \"proto3\"; package p;";
    write("foo.proto", package + "service Foo {}");
    write("async.proto", package + "service FooAsync {}");
    refuses({"foo.proto", "async.proto"},
            "foo.proto: service Foo: FooAsyncHandler is also a class of service FooAsync in "
            "async.proto: rename one of them, or define both in one file");
    refuses({"async.proto", "foo.proto"},
            "async.proto: service FooAsync: FooAsyncHandler is also a class of service Foo in "
            "foo.proto");
    generate({"foo.proto"});
    write("async.proto", "syntax = \"proto3\"; package q; service FooAsync {}");
    generate({"foo.proto", "async.proto"});
    CPPUNIT_ASSERT(contains(header("foo"), "class FooAsyncHandler {"));
    CPPUNIT_ASSERT(contains(header("async"), "class FooAsyncHandler {"));
  }

  // Symptom: std::string meant robot::std::string.
  void packagesMayBeCalledStd() {
    write("x.proto",
          "syntax = \"proto3\"; package robot.std; message Q {} "
          "service S { rpc M(Q) returns (Q); rpc N(stream Q) returns (stream Q); }");
    generate({"x.proto"});
    for (const std::string& text : {header("x"), source("x")}) {
      for (std::size_t at = text.find("std::"); at != text.npos; at = text.find("std::", at + 1)) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(text.substr(at, 40), std::string("::"),
                                     text.substr(at - 2, 2));
      }
    }
  }

  void refusesTheLibrarysOwnPackage() {
    write("x.proto", "syntax = \"proto3\"; package evmicro; message Client {}");
    refuses({"x.proto"}, "x.proto: package evmicro is the library's own namespace");
    for (const char* text : {"message evmicro {}", "enum E { evmicro = 0; }"}) {
      write("y.proto", "syntax = \"proto3\";" + std::string(text));
      refuses({"y.proto"}, "y.proto: y.proto has something called evmicro outside of a package");
    }
    write("x.proto", "syntax = \"proto3\"; package x; message evmicro {}");
    write("y.proto", "syntax = \"proto3\"; service evmicro {}");
    generate({"x.proto", "y.proto"});
  }

  void refusesMethodsThatBecomeOne() {
    write("x.proto", service("rpc delete(Q) returns (Q); rpc delete_(Q) returns (Q);"));
    refuses({"x.proto"},
            "x.proto: service S: method delete_: another method has its C++ name "
            "delete_ already");
  }

  // Symptom: compiled, and every call failed.
  void refusesLiteMessages() {
    const std::string lite = "syntax = \"proto3\"; option optimize_for = LITE_RUNTIME;";
    write("x.proto", lite + "message Q {} service S { rpc M(Q) returns (Q); }");
    refuses({"x.proto"}, "x.proto: service S: method M: Q is a lite message");
    write("y.proto", lite + "message Q {} service S {}");
    generate({"y.proto"});  // without a method it does not matter
  }

  // Symptom: it shadowed a template parameter.
  void aMethodMayBeCalledToken() {
    write("x.proto", service("rpc Token(Q) returns (Q); rpc Token_(Q) returns (Q);"));
    generate({"x.proto"});
    CPPUNIT_ASSERT(contains(header("x"), "Result<::Q> Token("));
    CPPUNIT_ASSERT(contains(header("x"), "Result<::Q> Token__("));
    CPPUNIT_ASSERT(!contains(header("x"), "typename Token>"));
  }

  void errorsOfTheProtoAreReported() {
    write("x.proto", "syntax = \"proto3\";\nservice S {\n  rpc M(Missing) returns (Missing);\n}\n");
    refuses({"x.proto"}, "x.proto:3:9: \"Missing\" is not defined.");
    write("x.proto", "syntax = \"proto3\";\nservice S {\n  rpc M(\n");
    refuses({"x.proto"}, "x.proto:4:1");
    refuses({"absent.proto"}, "absent.proto: No such file or directory");
  }

  void tellsWhatItIs() {
    const test::Finished version = test::run({plugin(), "--version"});
    CPPUNIT_ASSERT_EQUAL(0, version.code);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, version.out.find("protoc-gen-evmicro 0."));
    const test::Finished help = test::run({plugin(), "--help"});
    CPPUNIT_ASSERT_EQUAL(0, help.code);
    CPPUNIT_ASSERT(contains(help.out, "--evmicro_out=DIR"));
  }

  void refusesArgumentsAndGarbage() {
    const test::Finished result = test::run({plugin(), "greeter.proto"});
    CPPUNIT_ASSERT_EQUAL(2, result.code);
    CPPUNIT_ASSERT(contains(result.err, "unknown argument \"greeter.proto\""));
    write("garbage", "\xff\xff\xff not a request");
    test::ProcessOptions options;
    options.directory = (folder_ / "in").string();
    const test::Finished garbage =
        test::run({"/bin/sh", "-c", "'" + plugin() + "' < garbage"}, options);
    CPPUNIT_ASSERT_EQUAL(1, garbage.code);
    CPPUNIT_ASSERT_MESSAGE(garbage.err, contains(garbage.err, "protoc sent unparseable request"));
  }

 private:
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  static std::string service(const std::string& methods) {
    return "syntax = \"proto3\"; message Q {} service S { " + methods + " }";
  }
  void write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / "in" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string header(const std::string& base) const {
    return contentOf(folder_ / "out" / (base + ".evmicro.h"));
  }
  std::string source(const std::string& base) const {
    return contentOf(folder_ / "out" / (base + ".evmicro.cc"));
  }

  test::Finished protoc(const std::vector<std::string>& arguments) const {
    fs::create_directories(folder_ / "in");
    fs::create_directories(folder_ / "out");
    std::vector<std::string> command = {PROTOC, "--plugin=protoc-gen-evmicro=" + plugin(),
                                        "-I" + (folder_ / "in").string(),
                                        "--evmicro_out=" + (folder_ / "out").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::run(command);
  }
  void generate(const std::vector<std::string>& files) const {
    const test::Finished result = protoc(files);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(result.err, 0, result.code);
    CPPUNIT_ASSERT_EQUAL(std::string(), result.err + result.out);
  }
  void refuses(const std::vector<std::string>& files, const std::string& why) const {
    const test::Finished result = protoc(files);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(result.err, 1, result.code);
    CPPUNIT_ASSERT_MESSAGE("\"" + why + "\" is not in: " + result.err, contains(result.err, why));
    nothingIsWritten();
  }
  void nothingIsWritten() const { CPPUNIT_ASSERT(fs::is_empty(folder_ / "out")); }

  fs::path folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GeneratorTest);

}  // namespace evmicro
