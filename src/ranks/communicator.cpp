#include "ranks/communicator.hpp"

#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "device/device_work.hpp"
#include "device/torch_compat.hpp"
#include "ranks/heartbeat.hpp"

#if defined(SEG_CUDA)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <exception>
#endif

namespace seg {
namespace {

using StorePointer = c10::intrusive_ptr<c10d::Store>;
using ByteCount = std::atomic<std::int64_t>;
using GlooDevice = std::shared_ptr<::gloo::transport::Device>;

std::chrono::milliseconds to_milliseconds(double seconds) { return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3)); }

/// The first line of a library's exception.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

struct ReleaseAddresses {
  void operator()(addrinfo* found) const { freeaddrinfo(found); }
};
using Addresses = std::unique_ptr<addrinfo, ReleaseAddresses>;

/// Null if there is none.
Addresses addresses_of(const std::string& host, std::uint16_t port, int kind) {
  addrinfo hints{};
  hints.ai_socktype = kind;
  addrinfo* found = nullptr;
  return Addresses(getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0 ? found : nullptr);
}

/// Whether something listens at one of the addresses.
bool listens(const Addresses& addresses) {
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    const int tried = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = tried >= 0 && connect(tried, one->ai_addr, one->ai_addrlen) == 0;
    if (tried >= 0) close(tried);
    if (connected) return true;
  }
  return false;
}

/// Waits until rank 0 listens, for at most a few seconds: c10d, which continues to wait, tries only once a second.
void await_rank_0(const Launch& launch, double timeout_s) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + to_milliseconds(std::min(timeout_s, 10.0));
  const Addresses addresses = addresses_of(launch.address, launch.port, SOCK_STREAM);
  while (addresses && Clock::now() < end && !listens(addresses)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

StorePointer join_store(const Launch& launch, double timeout_s) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = launch.rank == 0 && !launch.store_is_there;
  options.numWorkers = static_cast<std::size_t>(launch.world_size);
  options.waitWorkers = false;
  options.timeout = to_milliseconds(timeout_s);
  torch_compat::without_libuv(options);
  const std::string place = launch.address + ":" + std::to_string(launch.port);
  if (!options.isServer) await_rank_0(launch, timeout_s);
  try {
    StorePointer store = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
    return c10::make_intrusive<c10d::PrefixStore>("segtrain" + launch.attempt, store);
  } catch (const std::exception& error) {
    if (options.isServer)
      throw Error(ErrorKind::kRanks, "rank 0 cannot listen at " + place + ": " + first_line(error),
                  "set MASTER_PORT to a free port, the same for all ranks, and MASTER_ADDR to the machine of rank 0");
    throw Error(ErrorKind::kRanks, "rank " + std::to_string(launch.rank) + " cannot reach rank 0 at " + place + ": " + first_line(error),
                "check that rank 0 runs, and that MASTER_ADDR and MASTER_PORT are the same for all ranks");
  }
}

/// This machine's address in the network that leads to `host`; empty if there is none.
std::string address_towards(const std::string& host, std::uint16_t port) {
  const Addresses found = addresses_of(host, port, SOCK_DGRAM);
  std::string address;
  for (const addrinfo* one = found.get(); one != nullptr && address.empty(); one = one->ai_next) {
    const int socket_ = socket(one->ai_family, SOCK_DGRAM, 0);
    sockaddr_storage own{};
    socklen_t length = sizeof(own);
    char text[NI_MAXHOST];
    // Connecting a datagram socket sends nothing: it only selects the route.
    const bool chosen = socket_ >= 0 && connect(socket_, one->ai_addr, one->ai_addrlen) == 0 &&
                        getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
                        getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0;
    if (chosen) address = text;
    if (socket_ >= 0) close(socket_);
  }
  return address;
}

/// The network for the communication of the ranks: GLOO_SOCKET_IFNAME as in torch.distributed, else the network that leads to rank 0.
GlooDevice network(const Launch& launch) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface != nullptr && *interface != '\0')
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  const std::string address = address_towards(launch.address, launch.port);
  return address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice() : c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

torch::Tensor bytes_of(const std::string& text, std::int64_t length) {
  torch::Tensor bytes = torch::zeros({length}, torch::kUInt8);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  return bytes;
}

std::string text_of(const torch::Tensor& bytes, std::int64_t length) {
  const auto* data = bytes.data_ptr<std::uint8_t>();
  return {data, data + length};
}

/// The first lines in which two texts differ; "" for a text that has already ended.
std::pair<std::string, std::string> first_difference(const std::string& a, const std::string& b) {
  std::istringstream lines_of_a(a), lines_of_b(b);
  for (;;) {
    std::string x, y;
    const bool more_of_a = static_cast<bool>(std::getline(lines_of_a, x)), more_of_b = static_cast<bool>(std::getline(lines_of_b, y));
    if (x != y || (!more_of_a && !more_of_b)) return {x, y};
  }
}

}  // namespace

#if defined(SEG_CUDA)

/// Collective operations between the GPUs of the ranks, with NCCL.
class GpuGroup {
 public:
  /// `store`: with its own key prefix. Throws LibTorch's exception if there is no GPU.
  GpuGroup(const StorePointer& store, const Launch& launch, double timeout_s) {
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    // NCCL's watchdog ends the process without a message, so its timeout must be longer than that of Communicator::wait_until.
    options->timeout = to_milliseconds(2 * timeout_s + 60.0);
    nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, static_cast<int>(launch.rank), static_cast<int>(launch.world_size), options);
  }
  ~GpuGroup() {
    try {
      // An orderly shutdown needs all ranks; if one is lost, an exception is being thrown.
      if (std::uncaught_exceptions() == 0)
        nccl_->shutdown();
      else
        nccl_->abort();
    } catch (const std::exception&) {
      // The process ends anyway.
    }
  }
  GpuGroup(const GpuGroup&) = delete;
  GpuGroup& operator=(const GpuGroup&) = delete;

  /// In place. The returned function makes the current stream wait for the sum, but not the host.
  std::function<void()> start_sum(std::vector<torch::Tensor>& tensors) const {
    return [work = nccl_->allreduce(tensors)] { work->wait(); };
  }
  /// Rank 0's values, in place.
  void broadcast(std::vector<torch::Tensor>& tensors) const { nccl_->broadcast(tensors)->wait(); }

 private:
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
};

#else

class GpuGroup {
 public:
  GpuGroup(const StorePointer&, const Launch&, double) { throw Error(ErrorKind::kInternal, "this program is built without CUDA"); }

  std::function<void()> start_sum(std::vector<torch::Tensor>&) const { return {}; }
  void broadcast(std::vector<torch::Tensor>&) const {}
};

#endif

struct Communicator::Group {
  /// Runs a call that waits for the other ranks.
  template <class Call>
  auto checked(const Call& call) const {
    struct Waiting {
      explicit Waiting(Heartbeat& heartbeat) : heartbeat_(heartbeat) { heartbeat_.waits(true); }
      ~Waiting() { heartbeat_.waits(false); }
      Heartbeat& heartbeat_;
    } const waiting(*heartbeat);
    try {
      return call();
    } catch (const std::exception& error) {
      throw Error(ErrorKind::kRanks, heartbeat->lost() + " (" + first_line(error) + ")", "see the messages of that rank; resume with --resume auto");
    }
  }

  Group(const Launch& launch, double timeout, StorePointer store_, std::shared_ptr<Heartbeat> heartbeat_, std::shared_ptr<ByteCount> bytes_,
        const std::string& name_)
      : timeout_s(timeout), store(std::move(store_)), name(name_), heartbeat(std::move(heartbeat_)), bytes(std::move(bytes_)) {
    checked([&] {
      const auto options = c10d::ProcessGroupGloo::Options::create(to_milliseconds(timeout));
      options->devices.push_back(network(launch));
      gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>(name, store), static_cast<int>(launch.rank),
                                                         static_cast<int>(launch.world_size), options);
    });
  }

  /// Starts a sum over the ranks, between their GPUs if the tensors are there. The returned function waits for the sum.
  std::function<void()> start_sum(const Launch& launch, std::vector<torch::Tensor>& tensors) {
    *bytes += static_cast<std::int64_t>(tensors.front().nbytes());
    if (tensors.front().is_cuda()) return checked([&] { return on_gpus(launch).start_sum(tensors); });
    return [work = checked([&] { return gloo->allreduce(tensors); })] { work->wait(); };
  }
  void broadcast(const Launch& launch, std::vector<torch::Tensor>& tensors) {
    *bytes += static_cast<std::int64_t>(tensors.front().nbytes());
    if (tensors.front().is_cuda()) return checked([&] { on_gpus(launch).broadcast(tensors); });
    checked([&] { return gloo->broadcast(tensors)->wait(); });
  }

  /// Created at first use: a process that trains on the CPU may have no GPU.
  const GpuGroup& on_gpus(const Launch& launch) {
    if (!gpus) gpus = std::make_unique<GpuGroup>(c10::make_intrusive<c10d::PrefixStore>(name + "/gpus", store), launch, timeout_s);
    return *gpus;
  }

  double timeout_s;
  StorePointer store;
  std::string name;
  std::unique_ptr<GpuGroup> gpus;
  std::shared_ptr<Heartbeat> heartbeat;
  std::shared_ptr<ByteCount> bytes;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
};

Communicator::Communicator(const Launch& launch, double timeout_s) : launch_(launch) {
  if (!launch.several()) return;
  const StorePointer store = join_store(launch, timeout_s);
  Launch client = launch;
  client.store_is_there = true;
  const auto heartbeat = std::make_shared<Heartbeat>(launch, join_store(client, timeout_s));
  group_ = std::make_shared<Group>(launch, timeout_s, store, heartbeat, std::make_shared<ByteCount>(0), "main");
}

void Communicator::doing(const std::string& what) const {
  if (group_) group_->heartbeat->doing(what);
}

Communicator Communicator::group(const std::string& name) const {
  if (!group_) return *this;
  Communicator other = *this;
  other.group_ = std::make_shared<Group>(launch_, group_->timeout_s, group_->store, group_->heartbeat, group_->bytes, name);
  return other;
}

std::function<void()> Communicator::start_sum(const torch::Tensor& values) const {
  if (!group_) return [] {};
  auto tensors = std::make_shared<std::vector<torch::Tensor>>(1, values);
  const auto wait = group_->start_sum(launch_, *tensors);
  return [group = group_, tensors, wait] { group->checked([&] { wait(); }); };
}

void Communicator::sum(const torch::Tensor& values) const { start_sum(values)(); }

void Communicator::broadcast(const torch::Tensor& values) const {
  if (!group_) return;
  std::vector<torch::Tensor> tensors{values};
  group_->broadcast(launch_, tensors);
}

std::string Communicator::broadcast(const std::string& text) const {
  if (!group_) return text;
  const torch::Tensor length = torch::full({1}, static_cast<std::int64_t>(text.size()), torch::kInt64);
  broadcast(length);
  const auto bytes = length.item<std::int64_t>();
  if (bytes == 0) return "";
  const torch::Tensor values = is_first() ? bytes_of(text, bytes) : torch::zeros({bytes}, torch::kUInt8);
  broadcast(values);
  return text_of(values, bytes);
}

std::vector<std::string> Communicator::gather(const std::string& text) const {
  if (!group_) return {text};
  // Every rank writes its own entry of a common row; the others have zeros there.
  const torch::Tensor lengths = torch::zeros({world_size()}, torch::kInt64);
  lengths[rank()] = static_cast<std::int64_t>(text.size());
  sum(lengths);
  const torch::Tensor ends = lengths.cumsum(0);
  const torch::Tensor all = torch::zeros({std::max<std::int64_t>(1, ends[world_size() - 1].item<std::int64_t>())}, torch::kUInt8);
  const auto begin_of = [&](std::int64_t one) { return (ends[one] - lengths[one]).item<std::int64_t>(); };
  std::copy(text.begin(), text.end(), all.data_ptr<std::uint8_t>() + begin_of(rank()));
  sum(all);
  std::vector<std::string> texts;
  for (std::int64_t one = 0; one < world_size(); ++one) {
    const auto length = lengths[one].item<std::int64_t>();
    texts.push_back(text_of(all.slice(0, begin_of(one), begin_of(one) + length), length));
  }
  return texts;
}

void Communicator::barrier() const {
  if (group_) sum(torch::zeros({1}));
}

void Communicator::wait_until(const std::function<bool()>& ready) const {
  if (!group_) return poll_until(ready);
  const auto until = std::chrono::steady_clock::now() + to_milliseconds(group_->timeout_s);
  group_->checked([&] {
    poll_until([&] { return ready() || std::chrono::steady_clock::now() > until; });
    if (!ready()) throw std::runtime_error("the device is waiting for the devices of the other ranks");
  });
}

std::int64_t Communicator::bytes_given() const { return group_ ? group_->bytes->load() : 0; }

void Communicator::require_equal(const std::string& what, const std::string& text) const {
  const std::vector<std::string> texts = gather(text);
  for (std::size_t one = 1; one < texts.size(); ++one) {
    if (texts[one] == texts[0]) continue;
    const auto [expected, found] = first_difference(texts[0], texts[one]);
    std::ostringstream message;
    message << "rank " << one << " has another " << what << " than rank 0: '" << found << "', not '" << expected << "'";
    throw Error(ErrorKind::kConfiguration, message.str(), "start all ranks with the same command, files and program version");
  }
}

}  // namespace seg
