# make check    everything that must hold before a change lands; what .ci/run calls
# make site     build the documentation as .site/html; a link that leads nowhere is an error
# make golden   compute the example again and let its result stand as the golden output (tests/demo/test_examples.py compares)
# make manual   write docs/vip.1, the page of `man vip`, from the commands
# make pictures draw the pictures of the documentation anew, from what the demo makes (LibreOffice, Chromium, pdftoppm)
# make house    how large the package is, room by room
PYTHON := .venv/bin/python
VIP ?= .venv/bin/vip
BRANCH := examples/branch
SCRATCH := .check

.PHONY: check demo style wheel site test golden manual house pictures
check: .venv
	$(MAKE) --jobs=2 --output-sync=target style wheel site
	$(MAKE) test

.venv:
	python3 -m venv .venv
	.venv/bin/pip install --quiet -e '.[dev]'

# the README's first command
demo: .venv
	rm -rf $(SCRATCH) && mkdir $(SCRATCH)
	cd $(SCRATCH) && $(abspath $(VIP)) demo editable

style: .venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# a wheel in an environment of its own gives the same demo
wheel: demo
	.venv/bin/pip wheel --quiet --no-deps --wheel-dir $(SCRATCH)/dist .
	python3 -m venv $(SCRATCH)/venv
	$(SCRATCH)/venv/bin/pip install --quiet $(SCRATCH)/dist/*.whl
	cd $(SCRATCH) && venv/bin/vip demo wheel >wheel.txt && venv/bin/vip rules check && venv/bin/vip verify wheel/out/2015Q4 && venv/bin/vip playbook book --out plan.xlsx --html plan.html
	diff -r $(SCRATCH)/editable/out $(SCRATCH)/wheel/out
	cmp docs/vip.1 $(SCRATCH)/venv/share/man/man1/vip.1
	rm -rf $(SCRATCH)

site: .venv
	$(PYTHON) scripts/site.py .site

# the README's second command
test: .venv
	$(PYTHON) -m pytest -q

golden: .venv
	rm -rf $(BRANCH)/expected
	$(VIP) tier compute $(BRANCH)/extracts/2015Q3 --quarter 2015Q3 --rules $(BRANCH)/rules --out $(BRANCH)/expected --quiet
	$(VIP) tier compute $(BRANCH)/extracts/2015Q4 --quarter 2015Q4 --rules $(BRANCH)/rules --out $(BRANCH)/expected --quiet
	rm -f $(BRANCH)/expected/.vip.lock

manual: .venv
	$(PYTHON) scripts/manual.py docs/vip.1

pictures: .venv
	$(PYTHON) scripts/pictures.py docs/pictures

house:
	python3 scripts/house.py
