#!/usr/bin/env bash
# The job and its schedule on Cloud Run. deploy/gcs/setup.sh comes first.
#
#   PROJECT=acme REGION=europe-west1 BUCKET=acme-kyc IMAGE=europe-west1-docker.pkg.dev/acme/kyc/kycsync@sha256:... deploy.sh
set -euo pipefail
: "${PROJECT:?}" "${REGION:?}" "${BUCKET:?}" "${IMAGE:?}"
cd "$(dirname "${BASH_SOURCE[0]}")"
sync="kycsync-sync@$PROJECT.iam.gserviceaccount.com"
clock="kycsync-clock@$PROJECT.iam.gserviceaccount.com"

# The key: gcloud secrets versions add kycsync-didit-api-key --data-file=./didit.key
gcloud secrets describe kycsync-didit-api-key --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud secrets create kycsync-didit-api-key --project="$PROJECT" --replication-policy=automatic
gcloud secrets add-iam-policy-binding kycsync-didit-api-key --project="$PROJECT" \
	--member="serviceAccount:$sync" --role=roles/secretmanager.secretAccessor

filled=$(mktemp)
trap 'rm -f "$filled"' EXIT
sed -e "s|PROJECT|$PROJECT|g" -e "s|BUCKET|$BUCKET|g" -e "s|image: IMAGE|image: $IMAGE|" job.yaml >"$filled"
gcloud run jobs replace "$filled" --project="$PROJECT" --region="$REGION"

# The clock may start this one job and do nothing else.
gcloud iam service-accounts describe "$clock" --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud iam service-accounts create kycsync-clock --project="$PROJECT" --display-name="Starts kycsync every night"
gcloud run jobs add-iam-policy-binding kycsync --project="$PROJECT" --region="$REGION" \
	--member="serviceAccount:$clock" --role=roles/run.invoker

# No retry of the start: the job has its own.
verb=create
gcloud scheduler jobs describe kycsync-nightly --project="$PROJECT" --location="$REGION" >/dev/null 2>&1 && verb=update
gcloud scheduler jobs "$verb" http kycsync-nightly --project="$PROJECT" --location="$REGION" \
	--schedule="15 1 * * *" --time-zone=Etc/UTC --max-retry-attempts=0 --http-method=POST \
	--uri="https://run.googleapis.com/v2/projects/$PROJECT/locations/$REGION/jobs/kycsync:run" \
	--oauth-service-account-email="$clock"
