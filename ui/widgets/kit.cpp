#include "ui/widgets/kit.hpp"

#include <imgui_internal.h>
#include <imgui_stdlib.h>

#include <algorithm>

namespace pim::ui {
namespace {

constexpr std::chrono::milliseconds idle_redraw = std::chrono::hours(1);
constexpr std::size_t max_glides = 4096;

char const* begin_of(std::string_view text) { return text.data(); }
char const* end_of(std::string_view text) { return text.data() + text.size(); }

ImGuiID id_of(std::string_view name) { return ImGui::GetCurrentWindow()->GetID(begin_of(name), end_of(name)); }

/// Enter presses the control that the keyboard stands on; ImGui itself knows the space bar only.
bool enter_pressed() {
  return ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Enter), false) ||
         ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_KeyPadEnter), false);
}

/// How many bytes of UTF-8 text fit into `width`, at character borders.
std::size_t fitting(ImFont const& font, std::string_view text, float width) {
  char const* rest = nullptr;
  font.CalcTextSizeA(font.FontSize, width, 0, begin_of(text), end_of(text), &rest);
  return static_cast<std::size_t>(rest - text.data());
}

}  // namespace

Kit::Kit(float scale, FontSet fonts, bool reduced_motion, std::chrono::seconds zone)
    : scale_(scale), fonts_(std::move(fonts)), reduced_motion_(reduced_motion), zone_(zone) {}

void Kit::begin_frame(Now now) {
  previous_ = now_.boot == Time{} ? now.boot : now_.boot;
  now_ = now;
  next_redraw_ = idle_redraw;
  cell_ = fonts_.body->CalcTextSizeA(fonts_.body->FontSize, FLT_MAX, 0, "0").x;
  rects.begin_frame();
  if (auto input = tab_order_.begin_frame(); !input.empty()) focus_wanted_ = std::move(input);
  if (glides_.size() > max_glides) glides_.clear();
}

float Kit::line_height() const { return fonts_.body->FontSize + px(4); }

void Kit::redraw_in(std::chrono::milliseconds delay) { next_redraw_ = std::min(next_redraw_, delay); }

float Kit::glide(std::string_view name, bool is_on) {
  auto const target = is_on ? 1.0F : 0.0F;
  auto const [entry, is_new] = glides_.try_emplace(std::string(name), target);
  if (is_new || reduced_motion_) return entry->second = target;
  auto const elapsed = std::chrono::duration<float>(now_.boot - previous_).count();
  auto const move = elapsed / 0.15F;
  entry->second = is_on ? std::min(1.0F, entry->second + move) : std::max(0.0F, entry->second - move);
  if (entry->second != target) redraw_in(std::chrono::milliseconds(16));
  return entry->second;
}

Colour Kit::ink(Colour colour) { return ImGui::GetColorU32(colour); }

float Kit::width_of(std::string_view text, ImFont* font) const {
  auto const& face = font != nullptr ? *font : *fonts_.body;
  return face.CalcTextSizeA(face.FontSize, FLT_MAX, 0, begin_of(text), end_of(text)).x;
}

float Kit::paint(ImVec2 at, Colour colour, std::string_view text, float max_width, ImFont* font) const {
  auto* const face = font != nullptr ? font : fonts_.body;
  auto& list = *ImGui::GetWindowDrawList();
  at = ImVec2(IM_FLOOR(at.x), IM_FLOOR(at.y));
  auto const width = width_of(text, face);
  if (max_width <= 0 || width <= max_width) {
    list.AddText(face, face->FontSize, at, ink(colour), begin_of(text), end_of(text));
    return width;
  }
  auto const ellipsis = width_of("…", face);
  auto const head = text.substr(0, fitting(*face, text, std::max(0.0F, max_width - ellipsis)));
  auto const head_width = width_of(head, face);
  list.AddText(face, face->FontSize, at, ink(colour), begin_of(head), end_of(head));
  list.AddText(face, face->FontSize, ImVec2(at.x + head_width, at.y), ink(colour), "…");
  return head_width + ellipsis;
}

void Kit::line(Colour colour, std::string_view text, ImFont* font) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const room = std::max(cell_, ImGui::GetContentRegionAvail().x);
  auto const width = paint(at, colour, text, room, font);
  auto const height = font != nullptr ? font->FontSize : fonts_.body->FontSize;
  ImGui::Dummy(ImVec2(width, height));
}

void Kit::beside(Colour colour, std::string_view text, ImFont* font) {
  ImGui::SameLine(0, cell_);
  line(colour, text, font);
}

void Kit::paragraph(Colour colour, std::string_view text) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(begin_of(text), end_of(text));
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

float Kit::paragraph_height(std::string_view text, float width) const {
  auto const& face = *fonts_.body;
  return face.CalcTextSizeA(face.FontSize, FLT_MAX, std::max(width, cell_), begin_of(text), end_of(text)).y;
}

void Kit::gap(float units) const { ImGui::SetCursorPosY(ImGui::GetCursorPosY() + px(units)); }

void Kit::note(std::string_view name, ImVec2 min, ImVec2 max) {
  auto const clip = ImGui::GetCurrentWindow()->ClipRect;
  rects.note(name, min, max, clip.Min, clip.Max);
}

Press Kit::pressable(std::string_view name, ImVec2 size, bool is_stop) {
  auto& window = *ImGui::GetCurrentWindow();
  auto const id = id_of(name);
  ImRect const box(window.DC.CursorPos, ImVec2(window.DC.CursorPos.x + size.x, window.DC.CursorPos.y + size.y));
  Press press{box.Min, box.Max};
  note(name, box.Min, box.Max);
  if (is_stop) tab_order_.note(id, box.Min, box.Max);
  ImGui::ItemSize(size);
  if (!ImGui::ItemAdd(box, id)) return press;
  press.is_clicked = ImGui::ButtonBehavior(box, id, &press.is_hovered, &press.is_held);
  press.is_focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
  auto const is_enabled = (ImGui::GetItemFlags() & ImGuiItemFlags_Disabled) == 0;
  if (press.is_focused && is_enabled && enter_pressed()) press.is_clicked = true;
  if (press.is_focused) press.is_hovered = true;
  return press;
}

Press Kit::pointable(std::string_view name, ImVec2 size) {
  ImGui::PushItemFlag(ImGuiItemFlags_NoNav, true);
  auto const press = pressable(name, size, false);
  ImGui::PopItemFlag();
  return press;
}

void Kit::outline(Press const& press) const {
  if (!press.is_focused) return;
  ImGui::GetWindowDrawList()->AddRect(ImVec2(press.min.x - px(2), press.min.y - px(1)),
                                      ImVec2(press.max.x + px(2), press.max.y + px(1)), ink(colour::bright));
}

float Kit::button_width(std::string_view label) const { return width_of(label, fonts_.strong) + cells(4); }

bool Kit::button(std::string_view name, std::string_view label, ButtonLook look) {
  auto const press = pressable(name, ImVec2(button_width(label), line_height()));
  auto resting = colour::secondary, lit = colour::bright;
  switch (look) {
    case ButtonLook::plain: break;
    case ButtonLook::primary: resting = colour::green; break;
    case ButtonLook::danger: resting = lit = colour::red; break;
    case ButtonLook::on_red: resting = lit = colour::red; break;
  }
  auto& list = *ImGui::GetWindowDrawList();
  if (look == ButtonLook::on_red) {
    list.AddRectFilled(ImVec2(press.min.x - px(8), press.min.y - px(2)),
                       ImVec2(press.max.x + px(8), press.max.y + px(2)),
                       ink(press.is_hovered ? colour::panel : colour::ink));
  } else if (press.is_hovered)
    list.AddRectFilled(press.min, press.max, ink(colour::panel));
  auto const tone = press.is_hovered ? lit : resting;
  auto const y = press.min.y + px(2);
  paint(ImVec2(press.min.x, y), tone, "[", 0, fonts_.strong);
  paint(ImVec2(press.min.x + cells(2), y), tone, label, 0, fonts_.strong);
  paint(ImVec2(press.max.x - cells(1), y), tone, "]", 0, fonts_.strong);
  outline(press);
  return press.is_clicked;
}

bool Kit::chip(std::string_view name, std::string_view label, bool is_on) {
  auto const press = pressable(name, ImVec2(width_of(label) + cells(4), line_height()));
  auto& list = *ImGui::GetWindowDrawList();
  if (is_on) list.AddRectFilled(press.min, press.max, ink(colour::panel));
  list.AddRect(press.min, press.max, ink(press.is_hovered || is_on ? colour::border_hovered : colour::border));
  auto const tone = is_on ? colour::bright : press.is_hovered ? colour::text : colour::secondary;
  auto const y = press.min.y + px(2);
  if (is_on) paint(ImVec2(press.min.x + cells(1), y), tone, "✓");
  paint(ImVec2(press.min.x + cells(is_on ? 3 : 2), y), tone, label);
  outline(press);
  return press.is_clicked;
}

bool Kit::input(std::string_view name, std::string& text, char const* hint, float width, bool* is_submitted) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const height = line_height();
  auto& list = *ImGui::GetWindowDrawList();
  ImGui::PushID(begin_of(name), end_of(name));
  if (focus_wanted_ == name) {
    ImGui::SetKeyboardFocusHere();
    focus_wanted_.clear();
  }
  ImGui::SetCursorScreenPos(ImVec2(at.x + cells(2.5F), at.y + px(2)));
  ImGui::SetNextItemWidth(std::max(cells(4), width - cells(3)));
  ImGui::PushStyleColor(ImGuiCol_NavHighlight, ImVec4(0, 0, 0, 0));
  ImGui::PushStyleColor(ImGuiCol_TextDisabled, colour::metadata);
  auto const is_entered = ImGui::InputTextWithHint("##text", hint, &text, ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::PopStyleColor(2);
  auto const is_edited = ImGui::IsItemEdited();
  tab_order_.note(ImGui::GetItemID(), ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), name);
  auto const is_lit = ImGui::IsItemActive() || ImGui::IsItemFocused();
  ImVec2 const end(at.x + width, at.y + height);
  list.AddRect(at, end,
               ink(is_lit                   ? colour::bright
                   : ImGui::IsItemHovered() ? colour::border_hovered
                                            : colour::border));
  paint(ImVec2(at.x + cells(1), at.y + px(2)), is_lit ? colour::bright : colour::secondary, ">");
  note(name, at, end);
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, height));
  if (is_submitted != nullptr) *is_submitted = is_entered;
  return is_edited;
}

}  // namespace pim::ui
