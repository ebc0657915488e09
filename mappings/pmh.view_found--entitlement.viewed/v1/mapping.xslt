<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh.view_found:v1" xmlns="urn:renkei:entitlement.viewed:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:viewFound">
    <viewed>
      <view_number><xsl:value-of select="i:viewNumber"/></view_number>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <viewed_on><xsl:value-of select="i:viewedOn"/></viewed_on>
      <xsl:for-each select="i:entitlement">
        <entitlement>
          <certificate_name><xsl:value-of select="i:certificationName"/></certificate_name>
          <insurer_number><xsl:value-of select="i:medicalSubsidyInsurerNumber"/></insurer_number>
          <recipient_number><xsl:value-of select="i:medicalSubsidyRecipientNumber"/></recipient_number>
          <always_reimbursement><xsl:value-of select="i:isAlwaysReimbursement"/></always_reimbursement>
          <valid_from><xsl:value-of select="i:validFrom"/></valid_from>
          <valid_to><xsl:value-of select="i:validTo"/></valid_to>
        </entitlement>
      </xsl:for-each>
    </viewed>
  </xsl:template>
</xsl:stylesheet>
