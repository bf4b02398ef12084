#include <algorithm>

#include "core/audio/link_collector.hpp"
#include "core/base/text.hpp"
#include "core/base/xml_reader.hpp"
#include "core/connectors/link.hpp"

namespace headway::core {
namespace {

// A listing's URL with one parameter of its query set to a value.
WebLink with_parameter(const WebLink& page, std::string_view name, std::string_view value) {
    WebLink link = page;
    link.query = without_parameter(page.query, name);
    link.query += link.query.empty() ? '?' : '&';
    link.query += std::string(name) + '=' + percent_encode(value);
    return link;
}

// The listing of a folder, from its beginning.
WebLink folder_listing(const WebLink& page, std::string_view prefix) {
    WebLink first = page;
    for (const char* place : {"continuation-token", "marker"})
        first.query = without_parameter(first.query, place);
    return with_parameter(first, "prefix", prefix);
}

// What a bucket's listing says, in either version of the protocol.
struct Bucket {
    std::vector<std::string> keys;
    std::vector<std::string> folders;
    bool is_truncated = false;
    bool is_encoded = false;
    std::string token;
    std::string marker;
};

// With EncodingType url, names come as in a form: a blank is a plus.
std::string decoded(std::string name) {
    std::replace(name.begin(), name.end(), '+', ' ');
    return percent_decode(name);
}

void decode_names(Bucket& bucket) {
    for (auto* names : {&bucket.keys, &bucket.folders})
        for (std::string& name : *names) name = decoded(std::move(name));
    bucket.marker = decoded(std::move(bucket.marker));
}

Bucket read_bucket(XmlReader& xml) {
    Bucket bucket;
    bool in_folders = false;
    while (xml.next()) {
        if (xml.name() == "CommonPrefixes") in_folders = xml.is_start() && !xml.is_end();
        if (!xml.is_end()) continue;
        const std::string& name = xml.name();
        if (name == "Key") bucket.keys.push_back(xml.text());
        if (name == "Prefix" && in_folders) bucket.folders.push_back(xml.text());
        if (name == "IsTruncated") bucket.is_truncated = lower(trim(xml.text())) == "true";
        if (name == "EncodingType") bucket.is_encoded = trim(xml.text()) == "url";
        if (name == "NextContinuationToken") bucket.token = xml.text();
        if (name == "NextMarker") bucket.marker = xml.text();
    }
    if (bucket.is_encoded) decode_names(bucket);
    return bucket;
}

void add_bucket(Bucket bucket, LinkCollector& links) {
    const WebLink& listing = links.base();
    WebLink object = listing;
    object.query.clear();
    if (!object.path.ends_with('/')) object.path += '/';
    const std::string root = object.path;
    for (const std::string& key : bucket.keys) {
        object.path = root + percent_encode_path(key);
        auto kind = kind_of_name(object);
        // Whatever a bucket holds is a file, never a page to look into.
        if (kind && *kind != LinkKind::page) links.add(*kind, object);
    }
    for (const std::string& folder : bucket.folders)
        links.add(LinkKind::page, folder_listing(listing, folder));
    if (!bucket.is_truncated) return;
    if (!bucket.token.empty()) {
        links.add(LinkKind::next, with_parameter(listing, "continuation-token", bucket.token));
    } else if (!bucket.marker.empty() || !bucket.keys.empty()) {
        const std::string& last = bucket.marker.empty() ? bucket.keys.back() : bucket.marker;
        links.add(LinkKind::next, with_parameter(listing, "marker", last));
    } else {
        links.note("the bucket's listing is cut and does not say where it goes on");
    }
}

void add_enclosure(std::string_view type, std::string_view medium, const std::string& target,
                   LinkCollector& links) {
    bool is_audio = lower(type).starts_with("audio/") || lower(medium) == "audio";
    if (is_audio) links.add(LinkKind::audio, target);
    else links.add(target);
}

void read_feed_element(const XmlReader& xml, LinkCollector& links) {
    if (!xml.is_start()) return;
    if (xml.name() == "enclosure" || xml.name() == "content") {
        if (!xml.attribute("url").empty())
            add_enclosure(xml.attribute("type"), xml.attribute("medium"), xml.attribute("url"),
                          links);
    } else if (xml.name() == "link" && !xml.attribute("href").empty()) {
        std::string rel = xml.attribute("rel");
        if (rel == "enclosure")
            add_enclosure(xml.attribute("type"), "", xml.attribute("href"), links);
        else if (rel == "next") links.add(LinkKind::next, xml.attribute("href"));
    }
}

}  // namespace

void read_xml_links(std::string_view body, LinkCollector& links) {
    XmlReader xml(body);
    while (xml.next()) {
        if (xml.name() == "ListBucketResult") return add_bucket(read_bucket(xml), links);
        read_feed_element(xml, links);
    }
}

}  // namespace headway::core
