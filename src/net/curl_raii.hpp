#pragma once

#include <curl/curl.h>

#include <memory>

namespace headway::net {

struct CurlDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

// In libcurl's headers CURL and CURLM are both void.
using MultiHandle = std::unique_ptr<CURLM, CurlDeleter>;
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using HeaderList = std::unique_ptr<curl_slist, CurlDeleter>;

}  // namespace headway::net
