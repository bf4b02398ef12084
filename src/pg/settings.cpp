#include "pg/settings.hpp"

#include "pg/guard.hpp"

namespace headway::pg {
namespace {

// The server writes these; C strings and ints, as its interface asks.
struct Values {
    char* workspace = nullptr;
    int max_concurrency = 64;
    int max_workers = 1;
    int worker_idle_timeout = 2000;
    double match_confidence = 0.7;
    double auto_match = 0.9;
    double auto_new = 0.3;
    double theme_confidence = 0.8;
    int shortlist_size = 20;
    int items_per_question = 8;
    int chunk_tokens = 12'000;
    double min_relevance = 0.1;
    int request_timeout = 60'000;
    int max_response_bytes = 64 * 1024;   // kB
    int max_transcript_bytes = 8 * 1024;  // kB
    char* allowed_private_hosts = nullptr;
    char* key_file = nullptr;
    char* storage_directory = nullptr;
    char* ffmpeg_directory = nullptr;
    int max_audio_bytes = 500 * 1024;  // kB
    int log_level = 1;
    int retention = 90 * 24 * 60;         // minutes
    int answer_retention = 30 * 24 * 60;  // minutes
};
Values values;

const config_enum_entry kLogLevels[] = {{"debug", 0, false},
                                        {"info", 1, false},
                                        {"warning", 2, false},
                                        {"error", 3, false},
                                        {nullptr, 0, false}};

void define_int(const char* name, const char* about, int* value, int low, int high,
                GucContext context, int flags) {
    DefineCustomIntVariable(name, about, nullptr, value, *value, low, high, context, flags, nullptr,
                            nullptr, nullptr);
}

void define_share(const char* name, const char* about, double* value) {
    DefineCustomRealVariable(name, about, nullptr, value, *value, 0, 1, PGC_USERSET, 0, nullptr,
                             nullptr, nullptr);
}

void define_text(const char* name, const char* about, char** value, GucContext context) {
    DefineCustomStringVariable(name, about, nullptr, value, "", context, 0, nullptr, nullptr,
                               nullptr);
}

// A path that somebody has chosen, or the one beside the data directory.
std::string path_or_beside(const char* chosen, const char* ending) {
    return chosen && chosen[0] ? chosen : std::string(DataDir) + ending;
}

}  // namespace

// Whatever decides where requests go, which files are read or how many workers run is for
// superusers (PGC_SUSET); a session may set what concerns itself.
void define_settings() {
    define_text("headway.workspace", "The workspace that verbs work on, by id or name.",
                &values.workspace, PGC_USERSET);
    define_int("headway.max_concurrency", "How many exchanges one worker has in flight.",
               &values.max_concurrency, 1, 10'000, PGC_SUSET, 0);
    define_int("headway.max_workers", "How many workers run at once in one database.",
               &values.max_workers, 1, 64, PGC_SUSET, 0);
    define_int("headway.worker_idle_timeout",
               "How long a worker waits for more work before it leaves.",
               &values.worker_idle_timeout, 0, 3'600'000, PGC_SUSET, GUC_UNIT_MS);
    define_share("headway.match_confidence",
                 "How sure a judge must be to link an item to a known feature.",
                 &values.match_confidence);
    define_share(
        "headway.auto_match",
        "How alike (as the cosine of their embeddings) an item and a known feature must be "
        "to be linked without asking the judge.",
        &values.auto_match);
    define_share(
        "headway.auto_new",
        "An item that is less like every known feature than this becomes a new one without "
        "asking the judge.",
        &values.auto_new);
    define_share("headway.theme_confidence",
                 "How sure a reader must be of an item's theme for it to become a feature.",
                 &values.theme_confidence);
    define_int("headway.shortlist_size", "How many known features a judge is shown.",
               &values.shortlist_size, 1, 200, PGC_USERSET, 0);
    define_int("headway.items_per_question",
               "How many items of one conversation a judge is asked about at once; 1 asks about "
               "each alone.",
               &values.items_per_question, 1, 50, PGC_USERSET, 0);
    define_share("headway.min_relevance",
                 "How likely it must be, by its words, that somebody in a conversation asks for "
                 "something, for a language model to be paid for reading it; 0 has all read.",
                 &values.min_relevance);
    define_int("headway.chunk_tokens",
               "How many tokens of a transcript a model reads at once; longer ones are read in "
               "parts. Nor do several items share a question that is longer.",
               &values.chunk_tokens, 500, 1'000'000, PGC_USERSET, 0);
    define_int("headway.request_timeout", "How long one exchange with a vendor may take.",
               &values.request_timeout, 100, 3'600'000, PGC_SUSET, GUC_UNIT_MS);
    define_int("headway.max_response_bytes",
               "How large an answer of a vendor may be, after decompression.",
               &values.max_response_bytes, 1, 1'000'000, PGC_SUSET, GUC_UNIT_KB);
    define_int("headway.max_transcript_bytes", "How large a transcript may be.",
               &values.max_transcript_bytes, 1, 1'000'000, PGC_SUSET, GUC_UNIT_KB);
    define_text("headway.allowed_private_hosts",
                "Hosts (name or name:port, separated by commas) that may have private addresses "
                "and be spoken to without TLS.",
                &values.allowed_private_hosts, PGC_SUSET);
    define_text("headway.key_file",
                "The keyring that seals credentials; by default beside the data directory.",
                &values.key_file, PGC_SUSET);
    define_text("headway.storage_directory",
                "Where recordings are kept when no other storage is set; by default beside the "
                "data directory.",
                &values.storage_directory, PGC_SUSET);
    define_text("headway.ffmpeg_directory",
                "Where ffprobe and ffmpeg are installed; by default /usr/bin.",
                &values.ffmpeg_directory, PGC_SUSET);
    define_int("headway.max_audio_bytes", "How large an imported audio file may be.",
               &values.max_audio_bytes, 1, 10'000'000, PGC_SUSET, GUC_UNIT_KB);
    DefineCustomEnumVariable("headway.log_level", "Which messages are written to headway.log.",
                             nullptr, &values.log_level, 1, kLogLevels, PGC_SUSET, 0, nullptr,
                             nullptr, nullptr);
    define_int("headway.retention",
               "How long finished tasks, log rows and webhook deliveries are kept.",
               &values.retention, 1, 10 * 366 * 24 * 60, PGC_SUSET, GUC_UNIT_MIN);
    define_int("headway.answer_retention",
               "How long models' answers are kept for who asks the same again; 0 keeps none.",
               &values.answer_retention, 0, 10 * 366 * 24 * 60, PGC_SUSET, GUC_UNIT_MIN);
    MarkGUCPrefixReserved("headway");
}

core::Settings read_settings() {
    core::Settings settings;
    settings.max_concurrency = values.max_concurrency;
    settings.max_workers = values.max_workers;
    settings.worker_idle_timeout = std::chrono::milliseconds(values.worker_idle_timeout);
    settings.request_timeout = std::chrono::milliseconds(values.request_timeout);
    settings.max_response_bytes = static_cast<std::size_t>(values.max_response_bytes) * 1024;
    settings.allowed_private_hosts =
        values.allowed_private_hosts ? values.allowed_private_hosts : "";
    settings.max_audio_bytes = static_cast<std::size_t>(values.max_audio_bytes) * 1024;
    // The server removes what is called so at its start and after a crash.
    settings.temporary_prefix =
        std::string(DataDir) + "/base/" PG_TEMP_FILES_DIR "/" PG_TEMP_FILE_PREFIX ".headway.";
    if (values.ffmpeg_directory && values.ffmpeg_directory[0])
        settings.ffmpeg_directory = values.ffmpeg_directory;
    settings.storage_directory = path_or_beside(values.storage_directory, ".headway-media");
    return settings;
}

int worker_limit() noexcept { return values.max_workers; }

std::string key_file() { return path_or_beside(values.key_file, ".headway-keys"); }

}  // namespace headway::pg
