# Every command a checkout needs. PORT, HOST and ALBUMEN_DATA_DIR are read from the environment; so is PYTHON, the
# interpreter to make .venv with.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run stack test quick cover check clients faults fuzz bench messages lock

# Modules are started by `python -m`, because the scripts in .venv/bin break when the checkout is moved.
VENV_PYTHON := .venv/bin/python
COMPILE := pip compile --quiet --universal --python-version 3.11 --no-strip-extras --no-emit-index-url --no-header \
	--generate-hashes

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

# Where the machine can, the server is tied to make, so that it never outlives a make that was killed. Bytecode is kept,
# even where it is not wanted otherwise: uv compiles nothing, and each start would take three times as long.
run: ## Start the server, on http://127.0.0.1:8000 unless HOST or PORT say otherwise
	@scripts/venv.sh requirements.txt; \
	tied='setpriv --pdeathsig TERM'; $$tied true 2>/dev/null || tied=; \
	PYTHONDONTWRITEBYTECODE= exec $$tied $(VENV_PYTHON) manage.py serve --migrate

stack: ## Start the scaled set-up of docs/operations.md on loopback, for a look; nothing of it stays
	@scripts/venv.sh requirements-dev.txt; \
	exec $(VENV_PYTHON) -m tests.stack

# On SQLite everything runs but faults. On PostgreSQL, which comes from a wheel, runs what has SQL of its own, locks or
# writers at once in it, or reads the order that a database gives: lists, search, access, events, tasks, idempotency.
# Parsing, refusals, pages, descriptions, files, links to them, imaging, storage and servers are the same on both.
# With ALBUMEN_TEST_DATABASE=postgres everything runs there, and nothing on SQLite.
# Bytecode is kept, even where it is not wanted otherwise: to rewrite the tests takes each process 4 seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= $(VENV_PYTHON) -m pytest -n auto --dist loadgroup
ON_POSTGRES := tasks test_compiled_queries.py test_fastpath.py test_fastpath_any.py test_fastpath_kept.py test_search.py $(addprefix background/test_,exports.py imports.py) \
	$(addprefix http/,access $(addprefix admin/test_,actions.py dashboard.py lists.py) albums events library organizations \
	$(addprefix accounts/test_,addresses_at_once.py deactivation.py deletion.py directory.py email_change.py \
	guessing_at_once.py paging.py refresh.py registration.py sessions.py sign_ins_at_once.py \
	user_changes.py verified_signup.py) \
	$(addprefix test_,hidden.py idempotency.py idempotency_at_once.py name_order.py plans.py postgresql.py tasks.py \
	writers_at_once.py))
NOT_ON_POSTGRES := $(addprefix http/,events/test_description.py \
	$(addprefix events/socket/test_,ends.py limits.py signing_in.py) \
	$(addprefix library/test_,bodies_on_the_wire.py conditional.py facts.py file_names.py heic.py hostile_files.py \
	linked.py originals.py refused_bytes.py signed_addresses.py slashes_and_methods.py thumbnails.py upload_forms.py \
	upload_with_link.py))
# Of the table of access, all but two parts: aliases ask what their originals ask, and accounts are asked of by id.
MATRIX := tests/http/access/test_matrix.py::test_everybody_may_do_what_the_table_says_and_nothing_else

test: ## Run every test but faults, on SQLite and on PostgreSQL; ARGS="..." goes to pytest, which then runs once
	@scripts/venv.sh requirements-dev.txt; \
	$(PYTEST) $(if $(ARGS),$(ARGS),-m "not fault"); \
	$(if $(ARGS)$(ALBUMEN_TEST_DATABASE),exit;) \
	said="$$($(VENV_PYTHON) -m tests.postgres </dev/null)"; \
	case "$$said" in \
		postgres://*) ALBUMEN_TEST_DATABASE=postgres $(PYTEST) -m "not fault" $(addprefix tests/,$(ON_POSTGRES)) \
			$(addprefix --ignore=tests/,$(NOT_ON_POSTGRES)) \
			--deselect='$(MATRIX)[accounts]' --deselect='$(MATRIX)[aliases]' ;; \
		*) echo "Nothing was tested on PostgreSQL, which cannot be started here: $$said" ;; \
	esac

# From registration to a link that has ended, in process and, as the README walks, on a real server with a worker.
QUICK := test_readme.py imaging/test_sizes.py http/test_tasks.py http/albums/test_one_album.py \
	$(addprefix http/accounts/test_,registration.py login.py) \
	$(addprefix http/library/test_,upload_forms.py thumbnails.py expiring_links.py)

quick: ## Run the tests of the main job alone, on SQLite, in less than a minute
	@scripts/venv.sh requirements-dev.txt; \
	$(PYTEST) $(addprefix tests/,$(QUICK)) $(ARGS)

# Measuring takes as long again as the tests do.
cover: ## Run every test on SQLite, and show what of the code none of them reaches
	@scripts/venv.sh requirements-dev.txt; \
	$(PYTEST) --cov=albumen --cov-report=term:skip-covered $(ARGS)

# The data folder is a passing one, so that no check creates or reads anybody's pictures.
check: ## Check style, types, layers, migrations and the API description
	@scripts/venv.sh requirements-dev.txt; \
	export ALBUMEN_DATA_DIR="$$(mktemp -d)"; \
	trap 'rm -rf "$$ALBUMEN_DATA_DIR"' EXIT; \
	step() { local name="$$*"; printf '\n== %s\n' "$${name#-m }"; $(VENV_PYTHON) "$$@"; }; \
	step -m ruff check; \
	step -m ruff format --check; \
	step -m mypy; \
	step .venv/bin/lint-imports --no-logo; \
	step manage.py makemigrations --check --dry-run; \
	step manage.py spectacular --validate --fail-on-warn --file /dev/null

# The npm packages are for this alone; what they make is checked and thrown away.
clients: ## Make clients in TypeScript and Python from the API description, and do the main flow with each
	@scripts/venv.sh requirements-dev.txt; \
	$(VENV_PYTHON) -m pytest clients $(ARGS)

faults: ## Run what is marked fault, at 50 random moments each, or ROUNDS of them; takes an hour or two
	@scripts/venv.sh requirements-dev.txt; \
	FAULT_ROUNDS="$${ROUNDS:-50}" $(VENV_PYTHON) -m pytest -m fault $(ARGS)

fuzz: ## Hold every answer against the API description with 50 examples each, or EXAMPLES of them; takes long
	@scripts/venv.sh requirements-dev.txt; \
	FUZZ_EXAMPLES="$${EXAMPLES:-50}" $(PYTEST) tests/test_api_description.py $(ARGS)

bench: ## Run the benchmarks; ARGS="beside lists" runs those parts, and ROUNDS=1 takes a quick look at the goals
	@scripts/venv.sh requirements-dev.txt; \
	$(VENV_PYTHON) -m bench $(ARGS)

messages: ## Bring the catalogue of translations up to date and compile it; names what has no translation
	@scripts/venv.sh requirements-dev.txt; \
	$(VENV_PYTHON) -m tests.messages

lock: ## Pin pyproject.toml's dependencies again; ARGS=--upgrade takes newer versions
	@uv="$$(command -v uv)" || { \
		scripts/venv.sh requirements.txt; \
		$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check uv; \
		uv=.venv/bin/uv; \
	}; \
	"$$uv" $(COMPILE) $(ARGS) pyproject.toml -o requirements.txt; \
	"$$uv" $(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
