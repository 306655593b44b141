#include "support/sqs_server.hpp"

#include <curl/curl.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/program.hpp"

namespace peo::test {
namespace {

using nlohmann::json;

std::filesystem::path directory() { return std::filesystem::path(program()).parent_path() / "sqs"; }

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

}  // namespace

std::string SqsServer::missing() {
  const auto installed = run({source_dir() / "tests/support/sqs/install", directory()});
  if (installed.status == 77) return "No SQS server for tests: " + installed.out;
  return installed.status == 0 ? "" : throw std::runtime_error(installed.out + installed.err);
}

SqsServer::SqsServer() : port_(free_port()) { start(); }

void SqsServer::start() {
  ProcessOptions options;
  options.environment = {{"FAUXQS_PORT", std::to_string(port_)}, {"FAUXQS_LOGGER", "false"}};
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"node", directory() / "node_modules/fauxqs/dist/cli.js"}, options);
  if (!wait_for_port(port_)) throw std::runtime_error("fauxqs doesn't start: " + process_->err());
  // It knows a queue by this URL alone, whose host, below localhost, curl takes for this machine.
  queue_ = json::parse(call("CreateQueue", json{{"QueueName", "events"}}.dump()))
               .at("QueueUrl")
               .get<std::string>();
}

void SqsServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void SqsServer::send(const std::string& body) {
  call("SendMessage", json{{"QueueUrl", queue_}, {"MessageBody", body}}.dump());
}

int SqsServer::messages() {
  const auto answer =
      json::parse(call("GetQueueAttributes", json{{"QueueUrl", queue_}, {"AttributeNames", {"All"}}}.dump()));
  const auto& all = answer.at("Attributes");
  int sum = 0;
  for (const char* name : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"})
    sum += std::stoi(all.at(name).get<std::string>());
  return sum;
}

std::string SqsServer::call(const std::string& action, const std::string& body) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* headers = curl_slist_append(nullptr, "content-type: application/x-amz-json-1.0");
  headers = curl_slist_append(headers, ("x-amz-target: AmazonSQS." + action).c_str());
  const auto url = "http://127.0.0.1:" + std::to_string(port_) + "/";
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const auto code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (code != CURLE_OK || status != 200) throw std::runtime_error(action + ": " + answer);
  return answer;
}

}  // namespace peo::test
