#include "ui/window/window.hpp"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>
#include <stb/stb_image_write.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "ui/widgets/theme.hpp"

namespace pim::ui {
namespace {

std::string& last_glfw_error() {
  static std::string message;
  return message;
}

void on_glfw_error(int, char const* message) { last_glfw_error() = message; }

void mark_input(GLFWwindow* window) { *static_cast<bool*>(glfwGetWindowUserPointer(window)) = true; }

/// Every kind of input asks for a frame. ImGui installs its own callbacks on top and calls these.
void watch_input(GLFWwindow* window) {
  glfwSetKeyCallback(window, [](GLFWwindow* w, int, int, int, int) { mark_input(w); });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned) { mark_input(w); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { mark_input(w); });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { mark_input(w); });
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { mark_input(w); });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { mark_input(w); });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { mark_input(w); });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { mark_input(w); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { mark_input(w); });
}

/// FNV-1a over eight bytes at a time.
std::uint64_t mix(std::uint64_t hash, void const* data, std::size_t size) {
  auto const* bytes = static_cast<unsigned char const*>(data);
  for (; size >= 8; size -= 8, bytes += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    hash = (hash ^ word) * 0x100000001b3ULL;
    hash ^= hash >> 29;
  }
  for (; size > 0; --size, ++bytes) hash = (hash ^ *bytes) * 0x100000001b3ULL;
  return hash;
}

/// Two frames with one hash look the same.
std::uint64_t hash_of(ImDrawData const& data) {
  auto hash = mix(0xcbf29ce484222325ULL, &data.DisplaySize, sizeof data.DisplaySize);
  for (auto i = 0; i < data.CmdListsCount; ++i) {
    auto const& list = *data.CmdLists[i];
    hash = mix(hash, list.VtxBuffer.Data, static_cast<std::size_t>(list.VtxBuffer.size_in_bytes()));
    hash = mix(hash, list.IdxBuffer.Data, static_cast<std::size_t>(list.IdxBuffer.size_in_bytes()));
    for (auto const& command : list.CmdBuffer) {
      hash = mix(hash, &command.ClipRect, sizeof command.ClipRect);
      hash = mix(hash, &command.ElemCount, sizeof command.ElemCount);
    }
  }
  return hash;
}

/// The ground is cleared, not drawn: on a software rasteriser each layer of blended pixels costs a millisecond.
void render(int width, int height) {
  auto const ground = ImGui::ColorConvertU32ToFloat4(colour::background);
  glViewport(0, 0, width, height);
  glClearColor(ground.x, ground.y, ground.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

float monitor_scale(GLFWwindow* window) {
  float x = 1, y = 1;
  glfwGetWindowContentScale(window, &x, &y);
  return std::clamp(std::round(std::max(x, y) * 4) / 4, 1.0F, 4.0F);
}

}  // namespace

Result<std::unique_ptr<Window>> Window::open(Options const& options) {
  glfwSetErrorCallback(on_glfw_error);
  if (glfwInit() != GLFW_TRUE)
    return fail("there is no display to open a window on (" + last_glfw_error() +
                "): run it in a desktop session or set DISPLAY");
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "pim-dashboard");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "pim-dashboard");
  auto const width = static_cast<int>(options.width), height = static_cast<int>(options.height);
  auto* const window = glfwCreateWindow(width, height, "pim", nullptr, nullptr);
  if (window == nullptr) {
    auto const why = last_glfw_error();
    glfwTerminate();
    return fail("OpenGL 3.2 is not available on this display (" + why +
                "): install a driver, on Debian libgl1-mesa-dri");
  }
  auto opened = std::unique_ptr<Window>(new Window(window));
  opened->scale_ = options.scale.value_or(monitor_scale(window));
  return opened;
}

Window::Window(GLFWwindow* window) : window_(window) {
  glfwMakeContextCurrent(window_);
  glfwSwapInterval(1);
  glfwSetWindowUserPointer(window_, &had_input_);
  watch_input(window_);
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  auto& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigInputTextCursorBlink = false;  // a blinking cursor would wake the machine for nothing
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 150");
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

bool Window::is_closing() const { return glfwWindowShouldClose(window_) == GLFW_TRUE; }

bool Window::wait(std::chrono::milliseconds timeout) {
  if (timeout.count() > 0)
    glfwWaitEventsTimeout(std::chrono::duration<double>(timeout).count());
  else
    glfwPollEvents();
  return std::exchange(had_input_, false);
}

void Window::frame(std::function<void()> const& draw) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  draw();
  ImGui::Render();
  auto const hash = hash_of(*ImGui::GetDrawData());
  if (hash == shown_) return;
  shown_ = hash;
  present();
}

void Window::present() {
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  render(width, height);
  glfwSwapBuffers(window_);
}

bool Window::save_png(std::string const& file) {
  int width = 0, height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  render(width, height);
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
  stbi_flip_vertically_on_write(1);
  return stbi_write_png(file.c_str(), width, height, 3, pixels.data(), width * 3) != 0;
}

void Window::wake() { glfwPostEmptyEvent(); }

}  // namespace pim::ui
