#!/usr/bin/env bash
# Checks that the tests find mistakes: plants each mistake of the table below on its own, builds what it affects, and expects a test to fail.
#
#   scripts/mutations.sh [NUMBER|NAME...]     all mistakes, or those with these numbers or with these words in their names
#   scripts/mutations.sh --list
#   scripts/mutations.sh --check              only checks that the sources contain all texts of the table; takes no time
#   SEG_MUTATIONS   work folder (default: build-mutations); an existing build there is used again
#
# Works on a copy of the files that git knows or would add, with a separate build folder; the tree itself is never changed. The exit code is 1 if a
# mistake is not found, and 2 if the script does not fit the code: a text that does not occur exactly once, code that does not compile, or a test
# that fails without any mistake.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

names=() files=() texts=() replacements=() programs=() filters=()
# mutation NAME FILE TEXT REPLACEMENT TEST_PROGRAM FILTER: the tests of FILTER must find it. Short, specific texts survive most changes of the code.
mutation() {
  names+=("$1") files+=("$2") texts+=("$3") replacements+=("$4") programs+=("$5") filters+=("$6")
}

mutation "learning rate doubled" src/ops/parameter_updates.cpp \
  '.step_size = rate / (' '.step_size = 2.0 * rate / (' \
  optim_tests 'Adam.*'
mutation "weight decay applied twice" src/ops/parameter_updates.cpp \
  'decoupled_decay ? 0.0 : weight_decay' 'weight_decay' \
  optim_tests 'AdamW.*'
mutation "EMA updated on a bad step" src/engine/training/training_step.cpp \
  'parts_.ema->update(kept);' 'parts_.ema->update(torch::ones_like(kept));' \
  engine_tests 'LearnerTest.AStepThatIsNotFinite*'
mutation "running statistics not rolled back" src/engine/training/training_step.cpp \
  'torch::where(kept, some.values(), some.before)' 'some.values()' \
  engine_tests 'LearnerTest.AStepThatIsNotFinite*'
mutation "false positives for false negatives" src/losses/class_weighting/error_rate.hpp \
  'errors = sums.false_negatives' 'errors = sums.predicted - (sums.pixels - sums.false_negatives)' \
  losses_tests 'RecallWeights.*'
mutation "a rank's share not divided" src/losses/loss_input.cpp \
  '(1.0 - 1.0 / static_cast<double>' '(0.0 / static_cast<double>' \
  losses_tests '*ExactLossTest*'
mutation "ignored pixels counted" src/ops/cpu/class_sums_tile.cpp \
  'const std::uint8_t label = labels[l];' 'const std::uint8_t label = labels[l] == kIgnored ? 0 : labels[l];' \
  ops_tests 'ClassSums.*'
mutation "align_corners the other way" src/ops/cpu/class_sums.cpp \
  'bilinear_axis(logits.size(2), height, align_corners)' 'bilinear_axis(logits.size(2), height, !align_corners)' \
  ops_tests '*Shapes.KernelEqualsReference*'
mutation "first recall averaged with zero" src/losses/class_weighting/error_rate.hpp \
  'torch::where(observed_,' 'torch::where(torch::ones_like(observed_),' \
  losses_tests 'RecallWeights.Momentum*'
mutation "resume one step late" src/engine/training/trainer.cpp \
  '= from->iteration;' '= from->iteration + 1;' \
  engine_tests 'TrainerTest.GoesOn*'

fail() {
  echo "mutations: $*" >&2
  exit 2
}

# plant NUMBER TREE FILE: writes the mutated version of the tree's file to FILE.
plant() {
  local content before=${texts[$1]} rest
  content=$(<"$2/${files[$1]}")
  rest=${content/"$before"/}
  [ "$rest" != "$content" ] || fail "$(($1 + 1)) ${names[$1]}: ${files[$1]} does not contain '$before'; update the table"
  [ "${rest/"$before"/}" = "$rest" ] || fail "$(($1 + 1)) ${names[$1]}: ${files[$1]} contains '$before' more than once; update the table"
  printf '%s\n' "${content/"$before"/"${replacements[$1]}"}" >"$3"
}

case ${1:-} in
  --list) for i in "${!names[@]}"; do echo "$((i + 1)) ${names[i]}"; done; exit ;;
  --check) for i in "${!names[@]}"; do plant "$i" . /dev/null; done; exit ;;
esac
chosen=()
for i in "${!names[@]}"; do
  [ $# -gt 0 ] || chosen+=("$i")
  for word in "$@"; do
    if [ "$word" = $((i + 1)) ] || { [[ ! $word =~ ^[0-9]+$ ]] && [[ ${names[i]} == *"$word"* ]]; }; then
      chosen+=("$i")
      break
    fi
  done
done
[ ${#chosen[@]} -gt 0 ] || fail "unknown mutation $*; see scripts/mutations.sh --list"

folder=${SEG_MUTATIONS:-build-mutations}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tree=$folder/tree

# Makes the copy equal to the tree. An unchanged file keeps its time, so that its build output stays valid.
update_copy() {
  local file
  git ls-files --cached --others --exclude-standard | while IFS= read -r file; do [ ! -f "$file" ] || echo "$file"; done | sort >"$folder/files"
  while IFS= read -r file; do
    cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp "$file" "$tree/$file"; }
  done <"$folder/files"
  (cd "$tree" && find . -path './build*' -prune -o -type f -print | cut -c3- | sort | comm -13 "$folder/files" - | xargs -r -d '\n' rm --)
}

# build PROGRAM...: fails if the code does not compile.
build() { (cd "$tree" && SEG_BUILD=build SEG_TARGETS="$*" scripts/build.sh >"$folder/build.log" 2>&1); }

# run PROGRAM FILTER: runs the tests as ctest does, and returns their exit code.
run() { (cd "$tree/build" && OMP_WAIT_POLICY=passive timeout 300 "bin/$1" --gtest_brief=1 --gtest_filter="$2" >"$folder/test.log" 2>&1); }

update_copy
for i in "${chosen[@]}"; do plant "$i" "$tree" /dev/null; done  # before anything is built
mapfile -t wanted < <(for i in "${chosen[@]}"; do echo "${programs[i]}"; done | sort -u)
echo "mutations: building ${wanted[*]} in $tree/build; log in $folder/build.log"
build "${wanted[@]}" || { cat "$folder/build.log" >&2; fail "the code does not build"; }
for i in "${chosen[@]}"; do
  run "${programs[i]}" "${filters[i]}" || { tail -n 30 "$folder/test.log" >&2; fail "${programs[i]} ${filters[i]} fails without a mutation"; }
  grep -q '\[  PASSED  \] [1-9]' "$folder/test.log" || fail "${programs[i]} has no test that matches ${filters[i]}, or skips all of them"
done

missed=0
for i in "${chosen[@]}"; do
  file=$tree/${files[i]} begin=$SECONDS code=0
  cp "$file" "$folder/original"
  # The original must get a new time too: otherwise ninja would keep the object that was built with the mutation.
  trap 'cp "$folder/original" "$file"' EXIT
  plant "$i" "$tree" "$file"
  build "${programs[i]}" || { cat "$folder/build.log" >&2; fail "$((i + 1)) ${names[i]}: does not compile"; }
  run "${programs[i]}" "${filters[i]}" || code=$?
  cp "$folder/original" "$file"
  trap - EXIT
  case $code in
    0) verdict="NOT FOUND by ${programs[i]} ${filters[i]}" missed=$((missed + 1)) ;;
    1) verdict="found by $(sed -n 's/^\[  FAILED  \] \([A-Za-z0-9_/]*\.[A-Za-z0-9_/]*\).*/\1/p' "$folder/test.log" | head -n 1)" ;;
    *) tail -n 30 "$folder/test.log" >&2; fail "$((i + 1)) ${names[i]}: ${programs[i]} ended with $code" ;;
  esac
  echo "$((i + 1)) ${names[i]}: $verdict ($((SECONDS - begin)) s)"
done
[ "$missed" -eq 0 ] || { echo "mutations: $missed of ${#chosen[@]} not found" >&2; exit 1; }
echo "mutations: all ${#chosen[@]} found"
