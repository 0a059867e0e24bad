// Posts a message. The service's methods have no generated code: they are called by their names.
#include <evmicro/service.h>

#include "../say.h"
#include "slack.pb.h"

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "slack-client";
  evmicro::Service service(options);
  service.init(argc, argv);

  namespace slack = go::micro::srv::slack;
  slack::ChatPostMessageRequest message;
  message.set_channel("C123");
  message.set_text("hi");
  const auto posted = service.client().call<slack::ChatPostMessageResponse>(
      evmicro::Context(), "go.micro.srv.slack", "Chat.PostMessage", message);
  return say("PostMessage", posted) ? 0 : 1;
}
