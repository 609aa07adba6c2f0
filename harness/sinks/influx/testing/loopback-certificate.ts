/**
 * A self-signed certificate for `localhost` and 127.0.0.1, valid from 2020 to 2119, and its key: for tests on the loopback
 * interface, and worth nothing anywhere else. Made by `openssl req -new -newkey ec` and `openssl ca -selfsign`.
 */
export const loopbackCertificate = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAZvCH9MnMrvzsxF
rfylIrevGkybNE4NKPEc1J6NVvc8Ywu4gV6SOyPUgQX7yNkTZu8sukoK8k/wSawz
Hibdvy+jTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBTBBQhiw7dsNch8Slp5Bmrm4NtAqTAKBggqhkjOPQQD
AgNIADBFAiB7jGjjIgfhpjo6yPC0AgjWFOmYF8emtIWC/vaUsgPTxwIhAK3f9KPQ
ec+6DmMat3LKqiHQuueuWVLJgWCSeoHkmTyF
-----END CERTIFICATE-----
`;

export const loopbackKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVpL63grDcWuMM5AT
sQ4EUtdRON6gU+DxZZ8DDEoRF46hRANCAAQGbwh/TJzK787MRa38pSK3rxpMmzRO
DSjxHNSejVb3PGMLuIFekjsj1IEF+8jZE2bvLLpKCvJP8EmsMx4m3b8v
-----END PRIVATE KEY-----
`;
