// go.micro.srv.hailo: taxis near a place.
#include <memory>
#include <string>
#include <utility>

#include <evmicro/service.h>

#include "../go_environment.h"
#include "../web-api/api_flags.h"
#include "../web-api/tolerant_json.h"
#include "../web-api/web_api.h"
#include "hailo.evmicro.h"

namespace {

using Answer = evmicro::Result<evmicro::HttpClientReply>;

std::string statusLine(int status) {
  return std::to_string(status) + " " + std::string(evmicro::statusText(status));
}

class Hailo final : public ApiAsyncHandler, public AuthAsyncHandler, public DriversAsyncHandler {
 public:
  Hailo(std::string name, web::WebApi& api) : name_(std::move(name)), api_(api) {}

  void Status(evmicro::Context context, StatusRequest,
              evmicro::Reply<StatusResponse> reply) override {
    tellStatus(context, "/status/up", {}, ".Api.Status", std::move(reply));
  }
  void Test(evmicro::Context context, TestRequest, evmicro::Reply<TestResponse> reply) override {
    const web::Parameters somewhere = {{"latitude", "51.510761"}, {"longitude", "-0.1174437"}};
    tellStatus(context, "/drivers/near", somewhere, ".Auth.Test", std::move(reply));
  }
  void Eta(evmicro::Context context, EtaRequest request,
           evmicro::Reply<EtaResponse> reply) override {
    ask(context, "/drivers/eta", request, std::move(reply));
  }
  void Near(evmicro::Context context, NearRequest request,
            evmicro::Reply<NearResponse> reply) override {
    ask(context, "/drivers/near", request, std::move(reply));
  }

 private:
  // Whatever it is: a status that is not OK is an answer.
  template <typename Response>
  void tellStatus(const evmicro::Context& context, const std::string& path,
                  const web::Parameters& parameters, const char* method,
                  evmicro::Reply<Response> reply) {
    const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
    api_.get(context, path, parameters, [this, owed, method](const Answer& answer) {
      if (!answer.ok()) {
        return owed->fail(evmicro::Status::error(web::codeOf(answer.status()), name_ + method,
                                                 answer.status().detail()));
      }
      Response response;
      response.set_status(std::string(evmicro::statusText(answer->status)));
      owed->send(response);
    });
  }

  template <typename Request, typename Response>
  void ask(const evmicro::Context& context, const std::string& path, const Request& request,
           evmicro::Reply<Response> reply) {
    if (!web::onEarth(request.latitude(), request.longitude())) {
      return reply.fail(evmicro::Status::error(400, name_, web::kNotOnEarth));
    }
    const web::Parameters parameters = {{"latitude", web::fixedText(request.latitude())},
                                        {"longitude", web::fixedText(request.longitude())}};
    const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
    api_.get(context, path, parameters, [this, owed](const Answer& answer) {
      const auto fail = [&](int code, const std::string& detail) {
        owed->fail(evmicro::Status::error(code, name_, detail));
      };
      if (!answer.ok()) return fail(web::codeOf(answer.status()), answer.status().detail());
      if (answer->status != 200) {
        return fail(answer->status == 403 ? 403 : 500, statusLine(answer->status));
      }
      Response response;
      if (!web::readTolerantly(answer->body, response)) return fail(500, "the answer is not JSON");
      owed->send(response);
    });
  }

  const std::string name_;
  web::WebApi& api_;
};

}  // namespace

int main(int argc, char** argv) {
  web::ApiFlags apiFlags("hailo", "https://api.hailoapp.com");
  std::string token;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.hailo";
  options.flags = apiFlags.with({
      {"api_token", "Sent with every request, as Authorization: token ...", &token},
  });
  evmicro::Service service(options);
  service.init(argc, argv);
  web::WebApi::Options apiOptions = apiFlags.optionsOrExit("hailo_srv");
  orFromEnvironment(token, "API_TOKEN");
  apiOptions.headers.push_back("Authorization: token " + token);
  web::WebApi api(service.loop(), std::move(apiOptions));
  service.server().collect(api.collector());
  Hailo hailo(service.options().name, api);
  registerApiHandler(service.server(), hailo);
  registerAuthHandler(service.server(), hailo);
  registerDriversHandler(service.server(), hailo);
  return service.run();
}
