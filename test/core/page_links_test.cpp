#include "core/audio/page_links.hpp"

#include <gtest/gtest.h>

#include "failure_of.hpp"

namespace headway::core {
namespace {

using test::failure_of;

const char* sign(LinkKind kind) {
    switch (kind) {
        case LinkKind::audio: return "audio ";
        case LinkKind::maybe: return "maybe ";
        case LinkKind::page: return "page ";
        case LinkKind::next: return "next ";
    }
    return "";
}

// Each link on a line of its own; those of the page's own origin as a path.
std::string links_of(std::string_view body, std::string_view type = "text/html",
                     std::string_view address = "https://a.example/calls/") {
    WebLink page = parse_web_link(address);
    std::string lines;
    for (const PageLink& found : read_page_links(body, type, page).links) {
        std::string url = found.link.str();
        if (found.link.origin() == page.origin()) url = found.link.path + found.link.query;
        lines += sign(found.kind) + url + '\n';
    }
    return lines;
}

TEST(HtmlLinks, AreThoseOfAnchorsPlayersAndSources) {
    EXPECT_EQ(
        links_of(R"(<!doctype html><title>Calls</title>
        <a href="one.mp3">1</a> <A HREF='/two%20b.WAV?x=1&amp;y=2'>2</A> <a href=three.m4a>3</a>
        <audio src="/play?id=4"></audio>
        <audio controls><source src="five.bin" type="audio/ogg"><source src="six.flac"></audio>
        <a href="https://cdn.example/seven.webm">7</a> <a href="one.mp3">again</a>
        <script>var x = '<a href="eight.mp3">'</script><!-- <a href="nine.mp3"> -->)"),
        "audio /calls/one.mp3\naudio /two%20b.WAV?x=1&y=2\naudio /calls/three.m4a\naudio "
        "/play?id=4\n"
        "audio /calls/five.bin\naudio /calls/six.flac\naudio https://cdn.example/seven.webm\n");
}

TEST(HtmlLinks, AreRelativeToTheFirstBase) {
    EXPECT_EQ(links_of(R"(<head><base href="/files/"><base href="/no/"></head><a href="one.mp3">)"),
              "audio /files/one.mp3\n");
    EXPECT_EQ(links_of(R"(<base href="https://cdn.example/x/"><a href="one.mp3">)"),
              "audio https://cdn.example/x/one.mp3\n");
}

TEST(HtmlLinks, LeaveOutWhatIsNeitherAudioNorAPage) {
    EXPECT_EQ(links_of(R"(<html><a href="style.css"></a><a href="a.jpg"></a><a href="a.zip"></a>
        <a href="mailto:a@b.example"></a><a href="#top"></a><a href=""></a><a></a><img src="one.mp3">
        <a href="/download/17"></a><a href="get.php?id=1"></a><a href="more.html"></a><a href="2025/"></a>)"),
              "maybe /download/17\nmaybe /calls/get.php?id=1\npage /calls/more.html\npage "
              "/calls/2025/\n");
}

TEST(HtmlLinks, FindTheNextPage) {
    EXPECT_EQ(links_of(R"(<html><link rel="next" href="?page=2"><a href="?page=3">x</a>)"),
              "next /calls/?page=2\nmaybe /calls/?page=3\n");
    EXPECT_EQ(links_of(R"(<html><a href="?page=2" rel="nofollow next">2</a>)"),
              "next /calls/?page=2\n");
    EXPECT_EQ(links_of(R"(<html><a href="?page=2"> Next &raquo;</a>)"), "next /calls/?page=2\n");
}

TEST(HtmlLinks, CountWhatIsNoUrl) {
    auto page = parse_web_link("https://a.example/");
    EXPECT_EQ(read_page_links(R"(<html><a href="http://[broken/x.mp3"><a href="ok.mp3">)", "", page)
                  .unreadable,
              1u);
}

TEST(HtmlLinks, AreRefusedOfAPageThatWouldExhaustTheParser) {
    std::string deep = "<html>", hidden = "<html>", wide = "<html>", bold = "<html><p>";
    for (int i = 0; i < 100'000; ++i) deep += "<div>";
    for (int i = 0; i < 100'000; ++i) hidden += "<div></x>";
    for (int i = 0; i < 400'000; ++i) wide += "<br>";
    for (int i = 0; i < 1'000; ++i) bold += "<b id=" + std::to_string(i) + '>';
    for (int i = 0; i < 50'000; ++i) bold += "<p>x";  // each with all of them
    for (const std::string& page : {deep, hidden, wide, bold})
        EXPECT_EQ(failure_of([&] { links_of(page); }).kind, ErrorKind::too_large);
}

TEST(HtmlLinks, AreRefusedOfAPageThatHidesWhatItCosts) {
    std::string page = R"(<html><p title="<!--">)";  // which is no comment
    for (int i = 0; i < 3'000; ++i) page += "<b id=" + std::to_string(i) + '>';
    for (int i = 0; i < 3'000; ++i) page += "<p>x";
    EXPECT_EQ(failure_of([&] { links_of(page); }).kind, ErrorKind::too_large);
}

TEST(HtmlLinks, AreReadOfAPageThatIsFullOfDrawings) {
    std::string page = "<html>";
    for (int i = 0; i < 2'000; ++i)
        page += R"(<p><svg viewBox="0 0 9 9"><g><path d="M0 0"/><circle r="1"/></g></svg><b>x</b>)";
    EXPECT_EQ(links_of(page + R"(<a href="one.mp3">)"), "audio /calls/one.mp3\n");
}

TEST(Listings, OfApacheAreRead) {
    EXPECT_EQ(
        links_of(
            R"(<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Index of /calls</title></head>
<body><h1>Index of /calls</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td></tr>
<tr><td><a href="2025/">2025/</a></td><td align="right">-</td></tr>
<tr><td><a href="caf%c3%a9%20call.mp3">caf&eacute; call.mp3</a></td></tr>
<tr><td><a href="a&amp;b.wav">a&amp;b.wav</a></td></tr></table></body></html>)"),
        "page /calls/2025/\naudio /calls/caf%c3%a9%20call.mp3\naudio /calls/a&b.wav\n");
}

TEST(Listings, OfNginxLighttpdIisAndPythonAreRead) {
    EXPECT_EQ(links_of("<html>\r\n<head><title>Index of /calls/</title></head>\r\n<body><h1>Index "
                       "of /calls/</h1><hr><pre>"
                       "<a href=\"../\">../</a>\r\n<a href=\"one.mp3\">one.mp3</a>  01-Jan-2026 "
                       "10:00  12\r\n</pre>"),
              "audio /calls/one.mp3\n");
    EXPECT_EQ(links_of(R"(<html><table><tr class="d"><td class="n"><a href="../">..</a>/</td></tr>
        <tr><td class="n"><a href="one.ogg">one.ogg</a></td><td class="t">audio/ogg</td></tr></table>)"),
              "audio /calls/one.ogg\n");
    EXPECT_EQ(links_of(R"(<html><pre><A HREF="/">[To Parent Directory]</A><br><br>
        1/1/2026 10:00 AM  12 <A HREF="/calls/One%20Two.WAV">One Two.WAV</A><br></pre>)"),
              "audio /calls/One%20Two.WAV\n");
    EXPECT_EQ(
        links_of("<!DOCTYPE HTML>\n<ul>\n<li><a href=\"one%20two.flac\">one two.flac</a></li>\n"
                 "<li><a href=\"sub/\">sub/</a></li>\n</ul>"),
        "audio /calls/one%20two.flac\npage /calls/sub/\n");
}

TEST(Listings, OfBucketsAreReadWithTheirContinuation) {
    EXPECT_EQ(
        links_of(R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>calls</Name><Prefix>in/</Prefix><IsTruncated>true</IsTruncated>
<Contents><Key>in/one two.mp3</Key><Size>5</Size></Contents><Contents><Key>in/notes.html</Key></Contents>
<Contents><Key>in/a&amp;b+c#1.wav</Key></Contents><Contents><Key>in/17</Key></Contents>
<NextContinuationToken>1/abc==</NextContinuationToken>
<CommonPrefixes><Prefix>in/old/</Prefix></CommonPrefixes></ListBucketResult>)",
                 "application/xml", "https://a.example/calls?list-type=2&prefix=in/"),
        "audio /calls/in/one%20two.mp3\naudio /calls/in/a%26b%2Bc%231.wav\nmaybe /calls/in/17\n"
        "page /calls?list-type=2&prefix=in%2Fold%2F\n"
        "next /calls?list-type=2&prefix=in/&continuation-token=1%2Fabc%3D%3D\n");
    EXPECT_EQ(
        links_of("<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"
                 "<Contents><Key>one%20two.mp3</Key></Contents></ListBucketResult>",
                 "text/plain", "https://bucket.example/?marker=a.mp3"),
        "audio /one%20two.mp3\nnext /?marker=one%20two.mp3\n");
}

TEST(Listings, OfBucketsWithEncodedNamesAreReadLikeOthers) {
    EXPECT_EQ(
        links_of("<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"
                 "<Contents><Key>in/one+two%2Bthree.mp3</Key></Contents>"
                 "<CommonPrefixes><Prefix>in/caf%C3%A9+old/</Prefix></CommonPrefixes>"
                 "<NextMarker>in/one+two%2Bthree.mp3</NextMarker></ListBucketResult>",
                 "text/plain", "https://bucket.example/?encoding-type=url"),
        "audio /in/one%20two%2Bthree.mp3\n"
        "page /?encoding-type=url&prefix=in%2Fcaf%C3%A9%20old%2F\n"
        "next /?encoding-type=url&marker=in%2Fone%20two%2Bthree.mp3\n");
}

TEST(Listings, OfABucketsFolderBeginAtItsBeginning) {
    EXPECT_EQ(links_of("<ListBucketResult><IsTruncated>false</IsTruncated>"
                       "<CommonPrefixes><Prefix>old/</Prefix></CommonPrefixes></ListBucketResult>",
                       "text/plain", "https://bucket.example/?list-type=2&continuation-token=abc"),
              "page /?list-type=2&prefix=old%2F\n");
}

TEST(Feeds, GiveTheirEnclosures) {
    EXPECT_EQ(
        links_of(
            R"(<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<link>https://a.example/show.mp3.html</link><atom:link rel="next" href="?page=2"/>
<item><enclosure url="https://a.example/ep1?token=a&amp;b=c" length="1" type="audio/mpeg"/></item>
<item><enclosure url="/ep2.mp3"/></item><item><enclosure url="/cover.jpg" type="image/jpeg"/></item>
<item><media:content url="/ep3" medium="audio"/></item></channel></rss>)",
            "application/rss+xml"),
        "next /calls/?page=2\naudio /ep1?token=a&b=c\naudio /ep2.mp3\naudio /ep3\n");
    EXPECT_EQ(
        links_of(
            R"(<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="alternate" href="/x.html"/>
<link rel="enclosure" type="audio/ogg" href="ep1"/></entry></feed>)",
            "application/atom+xml"),
        "audio /calls/ep1\n");
}

TEST(JsonLinks, AreFoundInAnyShape) {
    EXPECT_EQ(links_of(R"({"data": {"items": [
        {"id": 1, "title": "Call one.mp3", "audio": {"href": "https://a.example/one.mp3?sig=1"}},
        {"id": 2, "mime_type": "audio/mpeg", "url": "/raw/2", "thumbnail_url": "/thumb/2"},
        {"id": 3, "recording_url": "/raw/3", "page": "https://a.example/calls/3"}]},
        "list": ["https://a.example/four.wav", ["sub/five 5.ogg"]],
        "more": [{"name": "six.flac", "type": "file"}, {"name": "sub", "type": "directory"}]})",
                       "application/json"),
              "audio /calls/Call%20one.mp3\naudio /one.mp3?sig=1\naudio /raw/2\nmaybe /raw/3\n"
              "audio /four.wav\naudio /calls/sub/five%205.ogg\naudio /calls/six.flac\n");
}

TEST(JsonLinks, FollowThePagesThatTheyName) {
    for (auto body :
         {R"({"next": "https://a.example/calls/?page=2"})", R"({"nextPageUrl": "?page=2"})",
          R"({"links": {"next": {"href": "/calls/?page=2"}}})",
          R"({"paging": {"next": "/calls/?page=2"}})", R"({"@odata.nextLink": "/calls/?page=2"})"})
        EXPECT_EQ(links_of(body, "application/json"), "next /calls/?page=2\n") << body;
    auto page = parse_web_link("https://a.example/");
    EXPECT_NE(read_page_links(R"({"items": [], "next_page_token": "abc"})", "", page).note, "");
    EXPECT_EQ(
        read_page_links(R"({"items": [], "next_page_token": "", "next": null})", "", page).note,
        "");
}

TEST(Playlists, GiveTheirEntries) {
    EXPECT_EQ(links_of("#EXTM3U\r\n#EXTINF:12,One\r\none "
                       "two.mp3\r\n\r\nhttps://b.example/two.ogg\r\n../three.wav",
                       "audio/x-mpegurl"),
              "audio /calls/one%20two.mp3\naudio https://b.example/two.ogg\naudio /three.wav\n");
    EXPECT_EQ(links_of("[playlist]\nFile1=one.mp3\nTitle1=x\nFile2=https://a.example/two.mp3\n"),
              "audio /calls/one.mp3\naudio /two.mp3\n");
    EXPECT_EQ(
        links_of("https://a.example/one.mp3\n\n# a comment\nhttps://a.example/raw/2\nnot a link\n",
                 "text/plain"),
        "audio /one.mp3\nmaybe /raw/2\n");
    auto page = parse_web_link("https://a.example/");
    EXPECT_NE(read_page_links("#EXTM3U\n#EXT-X-TARGETDURATION:6\nseg1.ts\n", "", page).note, "");
}

TEST(Pages, OfNoKnownKindAreRefusedWithWhatTheyLookLike) {
    Error error = failure_of([] { links_of("%PDF-1.7", "application/pdf"); });
    EXPECT_EQ(error.kind, ErrorKind::protocol);
    EXPECT_NE(error.detail.find("a PDF document"), std::string::npos);
}

}  // namespace
}  // namespace headway::core
