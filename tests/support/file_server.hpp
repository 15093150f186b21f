// An HTTP server on loopback that answers as a test says: well, late, too little, or not what was asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace seg::test {

class FileServer {
 public:
  struct Request {
    std::string path;        // "/resnet18.pth"
    std::size_t begin = 0;   // the first byte asked for
    std::size_t number = 0;  // of requests before this one
  };
  /// The whole file, of which the server sends what was asked for.
  struct Answer {
    std::string body = {};
    int status = 200;
    bool ranges = true;                    // false: always from the first byte
    std::size_t sent = std::string::npos;  // bytes of the body after which the connection ends
    bool stalls = false;                   // stays open instead of ending
    std::string location = {};             // where a redirection (status 302) leads
    double pause_s = 0;                    // before the body
  };
  using Handler = std::function<Answer(const Request&)>;

  explicit FileServer(Handler handler);
  ~FileServer();
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  /// "http://127.0.0.1:PORT"
  std::string address() const;
  std::vector<Request> requests() const;

 private:
  void accept_all();
  void answer(int connection);
  void send_answer(int connection, const Request& request, const Answer& answer) const;

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ends_ = false;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace seg::test
