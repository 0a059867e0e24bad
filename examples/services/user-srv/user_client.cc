// Makes an account, logs in, and looks at the session.
#include <evmicro/service.h>

#include "../say.h"
#include "account.evmicro.h"

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
  const auto whose = [](const LoginResponse& response) {
    return "session of " + response.session().username();
  };
  if (!say("Login", session, whose)) return 1;

  LogoutRequest logout;
  logout.set_sessionid(session->session().id());
  if (!say("Logout", account.Logout(logout))) return 1;

  DeleteRequest remove;
  remove.set_id(create.user().id());
  return say("Delete", account.Delete(remove)) ? 0 : 1;
}
