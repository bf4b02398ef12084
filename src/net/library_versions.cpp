#include "net/library_versions.hpp"

#include <curl/curl.h>

namespace headway::net {

std::string library_versions() {
    const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
    return std::string("libcurl ") + info->version + " (" +
           (info->ssl_version ? info->ssl_version : "no TLS") + ")";
}

}  // namespace headway::net
