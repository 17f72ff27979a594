// Carries the headers that tests share precompiled: see tests/CMakeLists.txt.
