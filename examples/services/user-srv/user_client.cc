// Makes an account, logs in, and looks at the session.
#include <iostream>

#include <evmicro/service.h>

#include "account.evmicro.h"

namespace {

// Prints what happened; whether it went well.
template <typename Response>
bool say(const char* what, const evmicro::Result<Response>& result) {
  if (result.ok()) {
    std::cout << what << ": " << (result->ByteSizeLong() == 0 ? "done" : result->ShortDebugString())
              << '\n';
  } else {
    std::cerr << what << ": " << result.status().toString() << '\n';
  }
  return result.ok();
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "user-client";
  evmicro::Service service(options);
  service.init(argc, argv);
  const AccountClient account("go.micro.srv.user", service.client());

  CreateRequest create;
  create.mutable_user()->set_id("b4a1c4a3-7b2f-4d6e-9d6c-3f1d2f0e8a11");
  create.mutable_user()->set_username("john");
  create.mutable_user()->set_email("john@example.com");
  create.set_password("a password");
  if (!say("Create", account.Create(create))) return 1;

  LoginRequest login;
  login.set_email("john@example.com");
  login.set_password("a password");
  const auto session = account.Login(login);
  if (!session.ok()) return say("Login", session), 1;
  std::cout << "Login: session of " << session->session().username() << '\n';

  LogoutRequest logout;
  logout.set_sessionid(session->session().id());
  if (!say("Logout", account.Logout(logout))) return 1;

  DeleteRequest remove;
  remove.set_id(create.user().id());
  return say("Delete", account.Delete(remove)) ? 0 : 1;
}
