// pim-dashboard: puts the window, the link and the views together and turns the loop.
#include <fcntl.h>
#include <imgui.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "ui/link/dial.hpp"
#include "ui/link/link_thread.hpp"
#include "ui/options.hpp"
#include "ui/views/shell.hpp"
#include "ui/window/window.hpp"

namespace pim::ui {
namespace {

using std::chrono::milliseconds;

/// ImGui settles hover, focus and scrolling over a few frames.
constexpr int frames_after_input = 3;
/// The pace of frames before a screenshot: time for the daemon to answer.
constexpr milliseconds screenshot_pace{33};

std::chrono::seconds local_zone() {
  auto const now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  return std::chrono::seconds(local.tm_gmtoff);
}

/// Written beside and renamed, so that a reader never sees half of it.
void write_rects(std::string const& file, std::string const& json) {
  auto const beside = file + ".new";
  std::ofstream(beside, std::ios::trunc) << json;
  if (std::rename(beside.c_str(), file.c_str()) != 0) std::remove(beside.c_str());
}

LinkThread::Options link_options(Options const& options) {
  LinkThread::Options wanted;
  wanted.sockets = link::socket_places(options.socket);
  wanted.client = std::string("pim-dashboard ") + PIM_VERSION;
  wanted.wake = [] { Window::wake(); };
  return wanted;
}

void bring_to_front(Place& place, std::string const& name) {
  auto const matches = [&](ScreenEntry const& entry) {
    return std::equal(entry.name.begin(), entry.name.end(), name.begin(), name.end(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  };
  if (auto const found = std::find_if(screens.begin(), screens.end(), matches); found != screens.end())
    place.screen = found->screen;
}

class App {
 public:
  App(Options const& options, Window& window)
      : options_(options),
        window_(window),
        kit_(window.scale(), load_fonts(find_fonts(standard_font_folders()), window.scale()), options.reduced_motion,
             local_zone()),
        shell_(kit_),
        link_(link_options(options)) {
    apply_theme(window.scale());
    if (options.dump_rects) kit_.rects.enable();
    if (options.screen) bring_to_front(shell_.place(), *options.screen);
  }

  int run() {
    unsigned drawn = 0;
    while (!window_.is_closing() && !shell_.wants_to_close()) {
      if (!wait_for_cause()) continue;
      draw();
      if (options_.screenshot && ++drawn >= options_.frames) return save();
    }
    return 0;
  }

 private:
  /// True when a frame is due.
  bool wait_for_cause() {
    auto timeout = pending_ > 0 ? milliseconds(0) : std::chrono::ceil<milliseconds>(redraw_at_ - read_clocks().boot);
    if (options_.screenshot) timeout = std::min(timeout, screenshot_pace);
    if (window_.wait(std::max(milliseconds(0), timeout))) pending_ = frames_after_input;
    if (auto snapshot = link_.latest()) {
      snapshot_ = std::move(snapshot);
      pending_ = std::max(pending_, 1);
    }
    return pending_ > 0 || options_.screenshot || read_clocks().boot >= redraw_at_;
  }

  void draw() {
    window_.frame([&] {
      kit_.begin_frame(read_clocks());
      shell_.draw(*snapshot_, actions_);
    });
    pending_ = std::max(0, pending_ - 1);
    redraw_at_ = kit_.now().boot + kit_.next_redraw();
    if (!actions_.requested().empty()) link_.request(actions_.take());
    if (!options_.dump_rects) return;
    if (auto json = kit_.rects.to_json(); json != rects_) write_rects(*options_.dump_rects, rects_ = std::move(json));
  }

  int save() {
    if (window_.save_png(*options_.screenshot)) return 0;
    std::fprintf(stderr, "pim-dashboard: %s cannot be written\n", options_.screenshot->c_str());
    return 1;
  }

  Options const& options_;
  Window& window_;
  Kit kit_;
  Shell shell_;
  Actions actions_;
  std::shared_ptr<Snapshot const> snapshot_ = std::make_shared<Snapshot const>();
  int pending_ = frames_after_input;
  Time redraw_at_{};
  std::string rects_;
  LinkThread link_;
};

}  // namespace
}  // namespace pim::ui

int main(int argc, char** argv) {
  auto const parsed = pim::ui::parse_options(argc, argv);
  if (auto const* exit_now = std::get_if<pim::ui::ExitNow>(&parsed)) {
    std::fputs(exit_now->output.c_str(), stdout);
    std::fputs(exit_now->error.c_str(), stderr);
    return exit_now->code;
  }
  auto const& options = std::get<pim::ui::Options>(parsed);
  auto const window = pim::ui::Window::open({options.width, options.height, options.scale});
  if (!window) {
    std::fprintf(stderr, "pim-dashboard: %s\n", window.error().message.c_str());
    return 1;
  }
  return pim::ui::App(options, **window).run();
}
