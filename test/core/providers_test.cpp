#include "core/models/providers.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;
using Names = std::vector<std::string>;

ProviderSetup set_up(const char* purpose, const char* provider, const char* settings = "{}") {
    return set_up_provider(purpose, provider, Json::parse(settings));
}

TEST(Providers, AVendorWantsItsKey) {
    ProviderSetup setup = set_up("llm", "openai", R"({"model": "m"})");
    EXPECT_EQ(setup.base_url->origin(), "https://api.openai.com:443");
    EXPECT_EQ(setup.credentials, Names{"api_key"});
    EXPECT_EQ(setup.optional, Names{});
    EXPECT_FALSE(setup.is_default);
}

TEST(Providers, EveryVendorIsAskedAtItsOwnPlace) {
    auto origin = [](const char* purpose, const char* provider) {
        return set_up(purpose, provider, R"({"model": "m"})").base_url->origin();
    };
    EXPECT_EQ(origin("llm", "anthropic"), "https://api.anthropic.com:443");
    EXPECT_EQ(origin("llm_fallback", "gemini"), "https://generativelanguage.googleapis.com:443");
    EXPECT_EQ(origin("embedding", "openai"), "https://api.openai.com:443");
    EXPECT_EQ(origin("embedding", "gemini"), "https://generativelanguage.googleapis.com:443");
}

TEST(Providers, AServerOfOnesOwnMayWantAKey) {
    ProviderSetup setup = set_up("llm", "openai", R"({"model": "m", "base_url": "http://llm/v1"})");
    EXPECT_EQ(setup.base_url->origin(), "http://llm:80");
    EXPECT_EQ(setup.credentials, Names{});
    EXPECT_EQ(setup.optional, Names{"api_key"});
}

TEST(Providers, WhatNeedsNoNetworkHasNoPlaceForSecrets) {
    for (auto [purpose, provider] : {std::pair("llm", "builtin"), {"embedding", "builtin"}}) {
        ProviderSetup setup = set_up(purpose, provider);
        EXPECT_FALSE(setup.base_url) << purpose;
        EXPECT_EQ(setup.credentials, Names{}) << purpose;
        EXPECT_EQ(setup.optional, Names{}) << purpose;
        EXPECT_EQ(failure_of([&] { set_up(purpose, provider, R"({"model": "m"})"); }).kind,
                  ErrorKind::invalid)
            << purpose << " takes no settings";
    }
}

TEST(Providers, SettingsAreAnObject) {
    for (const char* given : {"[]", "7", "\"x\"", "null", "true"})
        for (auto [purpose, provider] : {std::pair("llm", "openai"), {"storage", "s3"}})
            EXPECT_NE(failure_of([&] { set_up(purpose, provider, given); }).hint, "") << given;
}

TEST(Providers, EachPurposeHasItsDefault) {
    EXPECT_TRUE(set_up("llm", "builtin").is_default);
    EXPECT_TRUE(set_up("embedding", "none").is_default);
    EXPECT_TRUE(set_up("llm_fallback", "none").is_default);
    EXPECT_FALSE(set_up("embedding", "builtin").is_default);
    EXPECT_FALSE(set_up("llm_fallback", "builtin").is_default);
}

TEST(Providers, WhatDoesNotExistIsAnsweredWithWhatDoes) {
    Error purpose = failure_of([] { set_up("poetry", "openai"); });
    EXPECT_EQ(purpose.detail, "poetry");
    EXPECT_NE(purpose.hint.find("llm, llm_fallback, embedding"), std::string::npos) << purpose.hint;
    Error provider = failure_of([] { set_up("llm", "none"); });
    EXPECT_EQ(provider.detail, "none");
    EXPECT_NE(provider.hint.find("openai"), std::string::npos) << provider.hint;
}

}  // namespace
}  // namespace headway::core
