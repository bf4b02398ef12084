#include "core/storage/aws_signature.hpp"

#include <algorithm>
#include <map>

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "core/base/url.hpp"
#include "core/secrets/signature.hpp"

namespace headway::core {
namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";

// A header's value with its blanks at the ends gone and those within made one.
std::string folded(std::string_view value) {
    std::string text;
    for (char c : trim(value))
        if (c != ' ' || text.back() != ' ') text += c;
    return text;
}

// In lower case and in order; equals joined in the order in which they came.
std::map<std::string, std::string> signed_headers(const AwsRequest& request) {
    std::map<std::string, std::string> headers;
    for (const auto& [name, value] : request.headers) {
        auto [header, is_first] = headers.try_emplace(lower(name), folded(value));
        if (!is_first) header->second += ',' + folded(value);
    }
    return headers;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
    std::string names;
    for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
    return names;
}

std::string place_of(const AwsScope& scope, const std::string& date) {
    return date.substr(0, 8) + '/' + scope.region + '/' + scope.service + "/aws4_request";
}

std::string signature_of(const AwsScope& scope, const AwsRequest& request,
                         const std::string& date) {
    std::string text = std::string(kAlgorithm) + '\n' + date + '\n' + place_of(scope, date) + '\n' +
                       hex_encode(sha256(aws_canonical_request(request)));
    std::string key = "AWS4" + scope.secret_access_key;
    for (const std::string& part :
         {date.substr(0, 8), scope.region, scope.service, std::string("aws4_request")})
        key = hmac_sha256(key, part);
    return hex_encode(hmac_sha256(key, text));
}

}  // namespace

std::string aws_date(Timestamp at) {
    std::string date;
    for (char c : format_timestamp(at).substr(0, 19))
        if (c != '-' && c != ':') date += c;
    return date + 'Z';
}

std::string aws_query(const std::vector<std::pair<std::string, std::string>>& query) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(percent_encode(name), percent_encode(value));
    std::sort(encoded.begin(), encoded.end());
    std::string text;
    for (const auto& [name, value] : encoded)
        text += (text.empty() ? "" : "&") + name + '=' + value;
    return text;
}

std::string aws_canonical_request(const AwsRequest& request) {
    std::map<std::string, std::string> headers = signed_headers(request);
    std::string text =
        request.method + '\n' + request.path + '\n' + aws_query(request.query) + '\n';
    for (const auto& [name, value] : headers) text += name + ':' + value + '\n';
    return text + '\n' + names_of(headers) + '\n' + request.payload_hash;
}

std::string aws_authorization(const AwsScope& scope, const AwsRequest& request, Timestamp at) {
    std::string date = aws_date(at);
    return std::string(kAlgorithm) + " Credential=" + scope.access_key_id + '/' +
           place_of(scope, date) + ", SignedHeaders=" + names_of(signed_headers(request)) +
           ", Signature=" + signature_of(scope, request, date);
}

std::string aws_presigned_query(const AwsScope& scope, AwsRequest request, Timestamp at,
                                std::chrono::seconds expires) {
    std::string date = aws_date(at);
    request.query.insert(request.query.end(),
                         {{"X-Amz-Algorithm", kAlgorithm},
                          {"X-Amz-Credential", scope.access_key_id + '/' + place_of(scope, date)},
                          {"X-Amz-Date", date},
                          {"X-Amz-Expires", std::to_string(expires.count())},
                          {"X-Amz-SignedHeaders", names_of(signed_headers(request))}});
    if (!scope.session_token.empty())
        request.query.emplace_back("X-Amz-Security-Token", scope.session_token);
    return aws_query(request.query) + "&X-Amz-Signature=" + signature_of(scope, request, date);
}

}  // namespace headway::core
