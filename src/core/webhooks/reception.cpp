#include "core/webhooks/reception.hpp"

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "core/connectors/connector_page.hpp"
#include "core/connectors/record_text.hpp"
#include "core/webhooks/delivery_proof.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kLongestName = 200;  // of ids, events and subjects
constexpr std::size_t kLongestEcho = 500;

Reception conclude(Reception reception, std::string outcome, Refusal why) {
    reception.outcome = std::move(outcome);
    reception.status = why.status;
    reception.reason = std::move(why.reason);
    return reception;
}
Reception refuse(Reception reception, Refusal why) {
    return conclude(std::move(reception), "refused", std::move(why));
}
Reception ignore(Reception reception, std::string reason) {
    return conclude(std::move(reception), "ignored", {200, std::move(reason)});
}

bool is_printable(std::string_view text) {
    for (char c : text)
        if (c < ' ' || c > '~') return false;
    return true;
}

// A star in the pattern stands for any text.
bool fits(std::string_view pattern, std::string_view text) {
    auto parts = split(pattern, '*');
    if (parts.size() == 1) return text == pattern;
    if (!text.starts_with(parts.front())) return false;
    text.remove_prefix(parts.front().size());
    if (!text.ends_with(parts.back())) return false;
    text.remove_suffix(parts.back().size());
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        auto place = text.find(parts[i]);
        if (place == std::string_view::npos) return false;
        text.remove_prefix(place + parts[i].size());
    }
    return true;
}

bool holds(const Condition& condition, const Json& body) {
    const Json* found = body.at(condition.at);
    if (!found) return false;
    for (const Json& value : condition.values)
        if (value == *found || (value.is_string() && found->is_string() &&
                                fits(value.as_string(), found->as_string())))
            return true;
    return false;
}

const EventSpec* event_of(const WebhookSpec& webhook, const Json& body) {
    for (const EventSpec& event : webhook.events) {
        bool all = true;
        for (const Condition& condition : event.where) all &= holds(condition, body);
        if (all) return &event;
    }
    return nullptr;
}

std::string name_at(const Json& body, const std::string& pointer) {
    return pointer.empty() ? "" : std::string(clip(text_of(body.at(pointer)), kLongestName));
}

std::string delivery_id(const WebhookSpec& webhook, const Delivery& delivery, const Json& body) {
    if (webhook.proof.kind == ProofKind::standard)
        return std::string(delivery.headers.find("webhook-id").value_or(""));
    std::string id = webhook.delivery.empty() ? "" : text_of(body.at(webhook.delivery));
    return id.empty() ? hex_encode(sha256(delivery.body)) : id;
}

// What a worker shall do about the event; null when the body does not have what it takes.
Json work_for(const EventSpec& event, const Receiver& receiver, const Json& body) {
    if (!event.lookup.empty()) {
        std::string id = text_of(body.at(event.id));
        return id.empty() ? Json() : Json::Object{{"lookup", id}, {"request", event.lookup}};
    }
    for (const std::string& pointer : event.record) {
        const Json* record = body.at(pointer);
        if (record && !text_of(record->at(receiver.record_id)).empty())
            return Json::Object{{"given", *record}};
    }
    return {};
}

Reception judge(const Receiver& receiver, const Delivery& delivery, Reception reception) {
    const WebhookSpec& webhook = receiver.webhook;
    Json body;
    try {
        body = parse_foreign_json(delivery.body).value;
    } catch (const Failure&) {
        return refuse(std::move(reception), {400, "the body is no JSON"});
    }
    std::string id = delivery_id(webhook, delivery, body);
    if (id.size() > kLongestName) return refuse(std::move(reception), {400, "its id is too long"});
    reception.id = id;
    reception.event = name_at(body, webhook.event);
    reception.subject = name_at(body, webhook.subject);
    const Json* sequence = webhook.sequence.empty() ? nullptr : body.at(webhook.sequence);
    if (sequence && sequence->is_integer()) reception.sequence = *sequence;
    const EventSpec* event = event_of(webhook, body);
    if (!event) return ignore(std::move(reception), "not an event that says anything new");
    if (event->ignore) return ignore(std::move(reception), "an event to be left out");
    reception.work = work_for(*event, receiver, body);
    reception.after = event->after;
    if (reception.work.is_null())
        return refuse(std::move(reception), {400, "the body has no record with an id"});
    return reception;
}

}  // namespace

Reception receive(const Receiver& receiver, const Json& headers, std::string_view body,
                  Timestamp now) {
    Reception reception;
    if (!headers.is_object()) return refuse(reception, {400, "the headers are no JSON object"});
    Delivery delivery{DeliveryHeaders(headers), body};
    const WebhookSpec& webhook = receiver.webhook;
    if (auto asked = delivery.headers.find(webhook.handshake);
        asked && !webhook.handshake.empty()) {
        if (asked->size() > kLongestEcho || !is_printable(*asked))
            return refuse(reception, {400, "the handshake is malformed"});
        reception.echo.set(webhook.handshake, *asked);
        if (body.empty()) return ignore(reception, "a handshake");
    }
    if (body.size() > receiver.max_body_bytes) return refuse(reception, {413, "it is too large"});
    if (!receiver.secret.ok()) return refuse(reception, {503, receiver.secret.error().message});
    ProofKeys keys{receiver.secret.value(), receiver.url};
    if (auto refusal = check_proof(webhook.proof, keys, delivery, now))
        return refuse(reception, *refusal);
    return judge(receiver, delivery, std::move(reception));
}

Json Reception::to_json() const {
    return Json::Object{
        {"status", status},   {"outcome", outcome},
        {"reason", reason},   {"headers", echo},
        {"id", id},           {"event", event},
        {"subject", subject}, {"sequence", sequence},
        {"work", work},       {"after_seconds", static_cast<std::int64_t>(after.count())}};
}

}  // namespace headway::core
