// Captions beside what they describe: cat.jpg and cat.txt, or a folder of frames clip/ and
// clip.txt. Each line of the text is a caption.
#include <algorithm>
#include <filesystem>
#include <set>

#include "core/read_text.h"
#include "core/str.h"
#include "models/text/words.h"
#include "train/data/forms/csv.h"
#include "train/data/forms/rows.h"
#include "train/data/picture_files.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

std::string stem_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

class CaptionedFolder {
 public:
  CaptionedFolder(NamedRows& out, const DataOptions& options, Findings& findings)
      : out_(out), keep_(options.keep_bad_rows), findings_(findings) {}

  // `inside`: the folder below out_.path, with a slash at its end, or "".
  void read(const std::string& inside) {
    std::map<std::string, std::vector<std::string>> pictures;  // by stem: files, or a folder
    std::set<std::string> texts, folders;
    for (const std::string& name : list_folder(out_.path + "/" + inside)) {
      if (fs::is_directory(out_.path + "/" + inside + name))
        folders.insert(name);
      else if (has_picture_name(name))
        pictures[stem_of(name)].push_back(name);
      else if (name.ends_with(".txt"))
        texts.insert(stem_of(name));
      else
        findings_.leave_out("files that are no pictures by their ending", inside + name);
    }
    for (const std::string& text : texts) {
      const std::string file = inside + text + ".txt";
      if (folders.count(text)) pictures[text].push_back(text);
      const auto described = pictures.find(text);
      if (described == pictures.end()) {
        findings_.leave_out("texts without a picture", file);
        continue;
      }
      if (described->second.size() > 1)
        findings_.add("pictures of one name",
                      DataError(str("[data] ", out_.path, "/", file, " could describe ",
                                    described->second[0], " and ", described->second[1]),
                                "give each picture a name of its own"));
      else
        add_lines(file, inside + described->second[0]);
    }
    for (const auto& [stem, names] : pictures)
      if (!texts.count(stem)) findings_.leave_out("pictures without a caption", inside + names[0]);
    for (const std::string& folder : folders)
      if (!texts.count(folder)) read(inside + folder + "/");
  }

 private:
  void add_lines(const std::string& file, const std::string& picture) {
    const std::string path = out_.path + "/" + file;
    try {
      add_captions(path, picture);
    } catch (const DataError& error) {
      if (!keep_) {
        findings_.add("texts that cannot be read", error);
      } else {
        NamedRow row;
        row.number = files_;
        row.row.error = first_line(error);
        row.pictures = {picture};
        out_.rows.push_back(std::move(row));
      }
    }
    ++files_;
  }

  void add_captions(const std::string& path, const std::string& picture) {
    const std::string whole = read_text(path);
    std::string_view text = checked_utf8(whole, path);
    const size_t before = out_.rows.size();
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!models::has_words(line)) continue;
      NamedRow row;
      row.number = files_;
      row.row.text = line;
      row.pictures = {picture};
      out_.rows.push_back(std::move(row));
    }
    if (out_.rows.size() == before) throw DataError(str("[data] ", path, " holds no caption"));
  }

  NamedRows& out_;
  bool keep_;
  Findings& findings_;
  int64_t files_ = 0;
};

}  // namespace

NamedRows read_captioned_folder(const std::string& path, const DataOptions& options,
                                Findings& findings) {
  NamedRows rows;
  rows.form = "pictures with texts beside them";
  rows.path = path;
  rows.entry = "text";
  CaptionedFolder(rows, options, findings).read("");
  return rows;
}

}  // namespace medley::train
