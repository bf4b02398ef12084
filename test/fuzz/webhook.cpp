// What anybody can send to a webhook: headers, tokens, bodies. The first line is the headers.
#include "core/webhooks/reception.hpp"
#include "fuzz.hpp"

namespace {

// The signatures do not fit, but for the token's; so all that comes before and behind is reached.
const char* const kVerify[] = {
    R"({"kind": "standard", "credential": "key"})",
    R"({"kind": "jwt_rs256", "credential": "key", "headers": ["Authorization"], "url": {"claim": "u", "setting": "u"}})",
    R"({"kind": "token", "credential": "key", "headers": ["Authorization"]})"};

headway::core::WebhookSpec spec_with(const char* verify) {
    using headway::core::Json;
    Json spec = Json::parse(
        R"({"credentials": {"key": {}}, "settings": {"u": {}}, "requests": {"one": {}}, "webhook": {
        "handshake": "Validation-Token", "delivery": "/uuid", "event": "/event", "sequence": {"of": "/of", "at": "/at"},
        "events": [{"where": {"/event": ["*a*b*", 1, true]}, "ignore": true}, {"where": {"/event": ["ended"]}, "lookup": {"request": "one", "id": "/id"}},
                   {"record": ["/callData", ""]}]}})");
    spec.put("/webhook/verify", Json::parse(verify));
    return headway::core::read_webhook(spec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    // RFC 7515's, A.2.
    static const std::string key =
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbj"
        "i9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b"
        "32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2Ca"
        "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2et"
        "hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQAB";
    std::string_view text = fuzz::text_of(bytes, size);
    std::string_view first = text.substr(0, text.find('\n'));
    std::string_view body = text.substr(std::min(first.size() + 1, text.size()));
    for (const char* verify : kVerify)
        fuzz::may_refuse([&] {
            core::Receiver receiver{spec_with(verify), "/id", key, "https://x.example", 10'000};
            core::Json headers = core::Json::parse(first);
            core::Reception got = core::receive(receiver, headers, body, core::Timestamp{});
            bool accepted = got.outcome == "accepted";
            fuzz::promise(accepted == !got.work.is_null());
            fuzz::promise(!accepted || receiver.webhook.proof.kind == core::ProofKind::token);
            fuzz::promise(got.id.size() <= 200 && got.event.size() <= 200);
            for (const auto& [name, value] : got.echo.members())
                fuzz::promise(value.as_string().find_first_of("\r\n") == std::string::npos);
        });
    return 0;
}
