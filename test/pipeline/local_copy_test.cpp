#include "pipeline/local_copy.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "fakes/temporary_folder.hpp"

namespace headway::pipeline {
namespace {

struct ArrivingCopyTest : ::testing::Test {
    static net::HttpResponse head(int status) {
        net::HttpResponse response;
        response.status = status;
        return response;
    }
    test::TemporaryFolder folder;
    ArrivingCopy copy{folder.path() + "/copy", 8};
};

TEST_F(ArrivingCopyTest, WritesWhatComes) {
    EXPECT_TRUE(copy.begin(head(200)));
    EXPECT_TRUE(copy.take("soun"));
    EXPECT_TRUE(copy.take("d"));
    LocalFile file = copy.file();
    EXPECT_EQ(file.size, 5u);
    EXPECT_EQ(test::content_of(file.path), "sound");
}

TEST_F(ArrivingCopyTest, StopsWhereItIsTooLarge) {
    copy.begin(head(200));
    EXPECT_TRUE(copy.take("12345678"));
    EXPECT_FALSE(copy.take("9"));
    try {
        copy.file();
        FAIL() << "it is no recording";
    } catch (const core::Failure& failure) {
        EXPECT_EQ(failure.error().kind, core::ErrorKind::too_large);
    }
}

TEST_F(ArrivingCopyTest, KeepsWhatARefusalSaysAsText) {
    copy.begin(head(404));
    EXPECT_TRUE(copy.take("<Error><Code>NoSuchKey</Code></Error>"));
    EXPECT_FALSE(copy.take(std::string(1 << 20, 'x'))) << "but no book";
    EXPECT_TRUE(copy.refusal().starts_with("<Error><Code>NoSuchKey"));
    EXPECT_EQ(copy.refusal().size(), std::size_t{64} << 10);
    EXPECT_EQ(test::content_of(folder.path() + "/copy"), "");
}

TEST_F(ArrivingCopyTest, NeedsAPlace) {
    EXPECT_THROW((ArrivingCopy{folder.path() + "/no/copy", 8}), core::Failure);
}

}  // namespace
}  // namespace headway::pipeline
