# make golden: compute the example again and let its result stand as the golden output (tests/demo/test_examples.py compares).
VIP ?= .venv/bin/vip
BRANCH := examples/branch

.PHONY: golden
golden:
	rm -rf $(BRANCH)/expected
	$(VIP) tier compute $(BRANCH)/extracts/2015Q3 --quarter 2015Q3 --rules $(BRANCH)/rules --out $(BRANCH)/expected --quiet
	$(VIP) tier compute $(BRANCH)/extracts/2015Q4 --quarter 2015Q4 --rules $(BRANCH)/rules --out $(BRANCH)/expected --quiet
	rm -f $(BRANCH)/expected/.vip.lock
