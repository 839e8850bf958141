#include "ui/widgets/rects.hpp"

#include <algorithm>

namespace pim::ui {

void RectBook::begin_frame() { rects_.clear(); }

void RectBook::note(std::string_view name, ImVec2 min, ImVec2 max, ImVec2 clip_min, ImVec2 clip_max) {
  if (!is_enabled_ || name.empty()) return;
  min = ImVec2(std::max(min.x, clip_min.x), std::max(min.y, clip_min.y));
  max = ImVec2(std::min(max.x, clip_max.x), std::min(max.y, clip_max.y));
  if (max.x - min.x < 1 || max.y - min.y < 1) return;
  rects_.insert_or_assign(std::string(name), Rect{static_cast<int>(min.x), static_cast<int>(min.y),
                                                  static_cast<int>(max.x - min.x), static_cast<int>(max.y - min.y)});
}

std::optional<ImVec2> RectBook::middle_of(std::string_view name) const {
  auto const found = rects_.find(name);
  if (found == rects_.end()) return std::nullopt;
  auto const& rect = found->second;
  return ImVec2(static_cast<float>(rect.x) + static_cast<float>(rect.width) / 2,
                static_cast<float>(rect.y) + static_cast<float>(rect.height) / 2);
}

std::string RectBook::to_json() const {
  std::string json = "{";
  for (auto const& [name, rect] : rects_) {
    if (json.size() > 1) json += ",";
    json += "\n  \"";
    for (auto c : name) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
    json += "\": [" + std::to_string(rect.x) + ", " + std::to_string(rect.y) + ", " + std::to_string(rect.width) +
            ", " + std::to_string(rect.height) + "]";
  }
  return json + "\n}\n";
}

}  // namespace pim::ui
