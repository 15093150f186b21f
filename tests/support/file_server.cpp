#include "support/file_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace seg::test {

namespace {

/// Up to the empty line that ends it.
std::string read_request(int connection) {
  std::string text;
  char part[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(connection, part, sizeof part, 0);
    if (count <= 0) break;
    text.append(part, static_cast<std::size_t>(count));
  }
  return text;
}

FileServer::Request parse(const std::string& text) {
  const std::string range = "Range: bytes=";
  FileServer::Request request;
  const std::size_t begin = text.find(' ') + 1;
  request.path = text.substr(begin, text.find(' ', begin) - begin);
  const std::size_t found = text.find(range);
  if (found != std::string::npos) request.begin = std::stoul(text.substr(found + range.size()));
  return request;
}

void send_all(int connection, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t count = send(connection, data, bytes, MSG_NOSIGNAL);
    if (count <= 0) return;
    data += count;
    bytes -= static_cast<std::size_t>(count);
  }
}

}  // namespace

FileServer::FileServer(Handler handler) : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, name, length) != 0 || listen(listener_, 64) != 0 || getsockname(listener_, name, &length) != 0)
    throw std::runtime_error("no server on loopback");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FileServer::~FileServer() {
  ends_ = true;
  acceptor_.join();
  close(listener_);
  for (std::thread& connection : connections_) connection.join();
}

std::string FileServer::address() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<FileServer::Request> FileServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FileServer::accept_all() {
  while (!ends_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, 20) <= 0) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection] { answer(connection); });
  }
}

void FileServer::answer(int connection) {
  Request request = parse(read_request(connection));
  {
    const std::lock_guard lock(mutex_);
    request.number = requests_.size();
    requests_.push_back(request);
  }
  send_answer(connection, request, handler_(request));
  close(connection);
}

void FileServer::send_answer(int connection, const Request& request, const Answer& answer) const {
  const bool part = answer.status == 200 && answer.ranges && request.begin > 0;
  const std::size_t size = answer.body.size(), begin = part ? request.begin : 0;
  const bool behind = part && begin >= size;
  const int status = behind ? 416 : part ? 206 : answer.status;
  std::string head = "HTTP/1.1 " + std::to_string(status) +
                     " as the test says\r\nConnection: close\r\nContent-Length: " + std::to_string(behind ? 0 : size - begin) + "\r\n";
  if (status == 206) head += "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(size - 1) + "/" + std::to_string(size) + "\r\n";
  if (!answer.location.empty()) head += "Location: " + answer.location + "\r\n";
  head += "\r\n";
  send_all(connection, head.data(), head.size());
  std::this_thread::sleep_for(std::chrono::duration<double>(answer.pause_s));
  if (!behind) send_all(connection, answer.body.data() + begin, std::min(size - begin, answer.sent));
  pollfd hung_up{connection, POLLIN, 0};
  while (answer.stalls && !ends_ && poll(&hung_up, 1, 20) == 0) continue;
}

}  // namespace seg::test
