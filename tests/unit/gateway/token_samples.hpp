// SPDX-License-Identifier: MIT
// Purpose: tokens and keys that others made: those of RFC 7515's appendices, and some of PyJWT 2.6.
#pragma once

#include <string>

namespace xes::gateway::test {

// RFC 7515 A.1 to A.3: {"iss":"joe", "exp":1300819380, …}. They have no subject.
const std::string rfc_hs256 =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogI"
    "mh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
// The key as bytes, from the base64url of A.1.1.
const std::string rfc_secret(
    "\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f\x5a\xb3\x28\xe6\xf0\x54\xc9\x28\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf"
    "\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22\x3d\x2e\x21\x72\x05\x2e\x4f\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3",
    64);
const std::string rfc_rs256 =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL"
    "mNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWz"
    "O75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZES"
    "c6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlU"
    "PQGe77Rw";
const std::string rfc_rsa_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"
    "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
    "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
    "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
    "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
    "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
    "oQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
const std::string rfc_es256 =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL"
    "mNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q";
const std::string rfc_p256_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";

// {"sub":"alice","exp":2000000000,"nbf":1000000000,"nodes":["weather/*","größe"]}; the first has a "kid", too.
const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string hs256 =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhbGljZSI"
    "sImV4cCI6MjAwMDAwMDAwMCwibmJmIjoxMDAwMDAwMDAwLCJub2RlcyI6WyJ3ZWF0aGVyLyoiLCJnclx1MDBmNlx1M"
    "DBkZmUiXX0.29J1QqiM8a9cukaGX7g_vyBPHkdYo8uSZ6xwVS8S3RY";
const std::string rs256 =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMDAwMDAwMCwibmJmIjoxM"
    "DAwMDAwMDAwLCJub2RlcyI6WyJ3ZWF0aGVyLyoiLCJnclx1MDBmNlx1MDBkZmUiXX0.n4nQduqx7iSBth2Owig_m0l"
    "AMWYg9PAJQvOfTSVe3u9vmxiYGRAXg2Cw7Q0s0ycEC3HeKUzw3OG4rJfYktp2VA6avtIcYkHns4IWxYBjO9pZWTIhB"
    "RnC2gZl1MNzU-x-MFpMHCB18plRCQ1d-TF8nG5Y5F76DM97CMYuRnU8YW1Gs_imkYY4e6Cg0WN8EiupluZam4LdrwO"
    "ilP3G9mrEnNW7Vf9g2PFQJxyj0HanVKl1qtlXm-5AUVsjDhQ3rPdr76Y2E80Co5WCiAsUYRtoulEarr0t4ZC8fF2-b"
    "i3a3f98RIznAn2beR9--UQXpSyHHUInvGB980QASG42A7pO0g";
const std::string es256 =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMDAwMDAwMCwibmJmIjoxM"
    "DAwMDAwMDAwLCJub2RlcyI6WyJ3ZWF0aGVyLyoiLCJnclx1MDBmNlx1MDBkZmUiXX0.JFmIhF1pTj0HeS3BawvLC5a"
    "TlRPIcvksClZ9MzrDB72FNe1zhwbs374jYcsGte5XoiqZsxQ7xqT8FwDyXWDZEQ";
const std::string rsa_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyDJxgDGkpyBISmVo/Jqw\n"
    "w3L4FceapHvnKDZ5U2Cw0JC1mTg//n5EzjF8+HaZdJ2+TwjjSgBwAWRCPFTu9sUn\n"
    "T90IfejmkZOR55c1+thK90jtUCQw8+jYF/FbQHscNMtUpwZphJRUszGSiUD+wcEf\n"
    "HjonnnZ41YS70w3uvXwj+YsBuHOt0QU5q0ZWi/abDFIMWk+hKKrb74204hIwvfUJ\n"
    "ApXEANTEBJvC/lvljJ0+toVbuZk58vwOYBV7S7NZteVn+DftizgwomfCNeyW2n+h\n"
    "3SzGaqAIzcFUip7ey0ljQxVAPQyaw/36sQOoz2h6ecw/Odl+9czrP/knnlUJ6cIN\n"
    "0QIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
const std::string p256_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEczxtnj7BZ33sOJvmGm1VILQ65iSm\n"
    "qERYlwQBU4L9zh12YbwaqIeaPTCJlSiM1TlV9e4lN2031ounqs9v6ytoFA==\n"
    "-----END PUBLIC KEY-----\n";

// Keys that no token may have here.
const std::string rsa_1024_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDIA19iXM1PtlKZrErxbhYRLX0F\n"
    "1W7aolTvigmB5qRyCKrEyOD3BevOxMKE52SxT0Xr7IkoaQlMOOVgPx5iGvnrWgM+\n"
    "nsqx+3sLf7vjqQeuogEzkTvPyUB858+wyvCLg/BemdSfab17G7y8Z1uBGqiQs7Y3\n"
    "qinqzB5ZIJoRqikNdQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
const std::string p384_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE9zrOAWJOm/c+pxNIPtg9LR+SCIz9IuUn\n"
    "MlUBiLqFxyAX9Lzaf00t6f6IyX5JyxtJk7CN+9A51u2SbeF0Tm9NwQrSpcnfV9sO\n"
    "Oy3Qthx1X9l3jdSSXN64baJRPA0uKnIG\n"
    "-----END PUBLIC KEY-----\n";
const std::string ed25519_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAK7o4PP1NhIGOx0LX40gRtFdRUzTm2fYHParEq5lMw14=\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace xes::gateway::test
